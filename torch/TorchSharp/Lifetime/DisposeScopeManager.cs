namespace TorchSharp;

/// <summary>Keeps a thread's scopes and its statistics of tensors.</summary>
public class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? _ofThread;

    /// <summary>How many tensors this thread has created, handed over and disposed of.</summary>
    public static ThreadDisposeScopeStatistics Statistics => OfThread.Counts;

    internal static DisposeScopeManager OfThread => _ofThread ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics Counts { get; } = new();

    internal LifetimeStatistics TensorStatistics => Counts.TensorStatistics;

    /// <summary>The innermost scope that is open.</summary>
    internal DisposeScope? CurrentDisposeScope { get; private set; }

    internal DisposeScope Enter() => CurrentDisposeScope = new DisposeScope(this);

    /// <summary>Takes a scope out of the chain, wherever in it the scope is.</summary>
    internal void Leave(DisposeScope scope)
    {
        if (CurrentDisposeScope == scope)
        {
            CurrentDisposeScope = scope.OuterScope;
            return;
        }

        for (DisposeScope? inner = CurrentDisposeScope; inner is not null; inner = inner.OuterScope)
        {
            if (inner.OuterScope == scope)
            {
                inner.OuterScope = scope.OuterScope;
                return;
            }
        }
    }

    /// <summary>Counts a tensor just created and gives it to the innermost scope, which is returned.</summary>
    internal DisposeScope? Register(torch.Tensor tensor)
    {
        if (CurrentDisposeScope is { } scope)
        {
            TensorStatistics.CreatedInScopeCount++;
            scope.Own(tensor);
            return scope;
        }

        TensorStatistics.CreatedOutsideScopeCount++;
        return null;
    }

    /// <summary>Counts a tensor that is being disposed of.</summary>
    internal void NoteDisposal(torch.Tensor tensor)
    {
        if (tensor.OwningDisposeScope is null)
        {
            TensorStatistics.DisposedOutsideScopeCount++;
        }
        else
        {
            TensorStatistics.DisposedInScopeCount++;
        }
    }
}
