namespace AceStep.Models;

/// <summary>Counts the steps of a long computation: each one looks at the cancellation token and is reported.</summary>
internal sealed class WorkSteps(IProgress<int>? progress, CancellationToken cancellationToken)
{
    private int _done;

    /// <summary>Says that one more step is done.</summary>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    public void Done()
    {
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(++_done);
    }
}
