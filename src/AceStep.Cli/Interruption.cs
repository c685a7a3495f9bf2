using System.Runtime.InteropServices;

namespace AceStep.Cli;

/// <summary>
/// Turns the first Ctrl+C (SIGINT) or SIGTERM into a cancellation, so that the program stops cleanly and leaves no
/// incomplete files. A second one ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCodes.Cancelled)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCodes.Terminated)),
        ];

    public CancellationToken Token => _source.Token;

    /// <summary>The exit code of a cancelled program: by convention 128 plus the signal's number.</summary>
    public int ExitCode { get; private set; } = ExitCodes.Cancelled;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Stop(PosixSignalContext context, int exitCode)
    {
        // Handlers are called in reverse order, so a command's own handler may already have handled the signal.
        if (!context.Cancel && !_source.IsCancellationRequested)
        {
            context.Cancel = true;
            ExitCode = exitCode;
            _source.Cancel();
        }
    }
}
