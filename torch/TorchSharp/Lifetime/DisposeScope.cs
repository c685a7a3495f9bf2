namespace TorchSharp;

/// <summary>
/// Owns the tensors that its thread creates while it is the innermost scope, and disposes of them with itself. Belongs to one thread.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private readonly HashSet<IDisposable> _owned = new(ReferenceEqualityComparer.Instance);
    private DisposeScopeManager? _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    /// <summary>What the scope owns now, as a copy.</summary>
    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            RequireOpen();
            return [.. _owned];
        }
    }

    public int DisposablesCount
    {
        get
        {
            RequireOpen();
            return _owned.Count;
        }
    }

    internal DisposeScope? OuterScope { get; set; }

    public bool Contains(IDisposable disposable) => _owned.Contains(disposable);

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        MoveToOuter([disposable]);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable
    {
        MoveToOuter([first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable
    {
        MoveToOuter([first, second, third]);
        return (first, second, third);
    }

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    /// <summary>Gives what it owns of these to the enclosing scope, or to nobody where there is none.</summary>
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        MoveToOther(scope, [disposable]);
        return disposable;
    }

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    /// <summary>Gives what it owns of these to another scope, or to nobody for null.</summary>
    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        RequireOpen();
        if (scope is null)
        {
            Detach(disposables);
            return;
        }

        foreach (IDisposable disposable in disposables)
        {
            if (_owned.Remove(disposable))
            {
                scope.Adopt((torch.Tensor)disposable);
            }
        }
    }

    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        Detach([disposable]);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable
    {
        Detach([first, second]);
        return (first, second);
    }

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    /// <summary>Lets go of what it owns of these: their holder disposes of them.</summary>
    public void Detach(IEnumerable<IDisposable> disposables)
    {
        DisposeScopeManager manager = RequireOpen();
        foreach (IDisposable disposable in disposables)
        {
            if (_owned.Remove(disposable))
            {
                manager.TensorStatistics.DetachedFromScopeCount++;
                ((torch.Tensor)disposable).OwningDisposeScope = null;
            }
        }
    }

    public void Attach(IDisposable disposable) => Attach((IEnumerable<IDisposable>)[disposable]);

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    /// <summary>Takes these from whatever scope owns them.</summary>
    /// <exception cref="InvalidOperationException">One of them is no tensor.</exception>
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        DisposeScopeManager manager = RequireOpen();
        List<IDisposable> all = [.. disposables];
        foreach (IDisposable disposable in all)
        {
            if (disposable is not torch.Tensor tensor)
            {
                throw new InvalidOperationException("DisposeScope can only manage tensors.");
            }

            if (Adopt(tensor))
            {
                manager.TensorStatistics.AttachedToScopeCount++;
            }
        }

        return all;
    }

    public void DisposeEverything() => DisposeEverythingBut((IEnumerable<IDisposable>)[]);

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep)
        where T : IDisposable
    {
        DisposeEverythingBut([keep]);
        return keep;
    }

    /// <summary>Disposes of all that it owns except these, which it keeps.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        RequireOpen();
        HashSet<IDisposable> keep = new(inKeep, ReferenceEqualityComparer.Instance);
        IDisposable[] all = [.. _owned];
        _owned.IntersectWith(keep);
        foreach (IDisposable disposable in all)
        {
            if (!keep.Contains(disposable))
            {
                disposable.Dispose();
            }
        }
    }

    /// <summary>Forgets a tensor that is being disposed of by somebody else.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        RequireOpen();
        Forget((torch.Tensor)disposable);
    }

    public void Dispose()
    {
        if (_manager is { } manager)
        {
            DisposeEverything();
            manager.Leave(this);
            _manager = null;
        }
    }

    /// <summary>Takes a tensor just created.</summary>
    internal void Own(torch.Tensor tensor) => _owned.Add(tensor);

    internal void Forget(torch.Tensor tensor)
    {
        _owned.Remove(tensor);
        tensor.OwningDisposeScope = null;
    }

    private DisposeScopeManager RequireOpen()
    {
        ObjectDisposedException.ThrowIf(_manager is null, this);
        return _manager;
    }

    private bool Adopt(torch.Tensor tensor)
    {
        if (tensor.OwningDisposeScope == this)
        {
            return false;
        }

        tensor.OwningDisposeScope?._owned.Remove(tensor);
        tensor.OwningDisposeScope = this;
        return _owned.Add(tensor);
    }
}
