using System.Collections.Concurrent;

namespace AceStep.Server.Queue;

/// <summary>What the parts of one process take in turn.</summary>
internal sealed class LocalHolds
{
    private readonly ConcurrentDictionary<string, Hold> _held = new();

    /// <summary>Takes a name; null where it is taken.</summary>
    public IAsyncDisposable? Take(string name)
    {
        Hold hold = new(this, name);
        return _held.TryAdd(name, hold) ? hold : null;
    }

    private sealed class Hold(LocalHolds holds, string name) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            holds._held.TryRemove(new KeyValuePair<string, Hold>(name, this));
            return ValueTask.CompletedTask;
        }
    }
}
