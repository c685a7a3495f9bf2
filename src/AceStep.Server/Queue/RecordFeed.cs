using System.Collections.Concurrent;

namespace AceStep.Server.Queue;

/// <summary>Hands changed records to whoever watches, without waiting for anyone: who is slow sees the latest state only.</summary>
internal sealed class RecordFeed
{
    private readonly ConcurrentDictionary<Mailbox, string?> _mailboxes = new();

    public void Publish(PredictionRecord record)
    {
        foreach ((Mailbox mailbox, string? id) in _mailboxes)
        {
            if (id is null || id == record.Job.Id)
            {
                mailbox.Post(record);
            }
        }
    }

    /// <param name="id">The prediction to hear of; null for all.</param>
    public Mailbox Subscribe(string? id)
    {
        Mailbox mailbox = new(this);
        _mailboxes[mailbox] = id;
        return mailbox;
    }

    /// <summary>The changes that one watcher has not seen yet: of each prediction the latest.</summary>
    internal sealed class Mailbox(RecordFeed feed) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly SemaphoreSlim _signal = new(0);
        private Dictionary<string, PredictionRecord> _pending = [];

        public void Post(PredictionRecord record)
        {
            lock (_lock)
            {
                if (_pending.TryGetValue(record.Job.Id, out PredictionRecord? latest) && latest is { IsTerminal: true, IsDeleted: false } && !record.IsTerminal)
                {
                    return;
                }

                _pending[record.Job.Id] = record;
                if (_signal.CurrentCount == 0)
                {
                    _signal.Release();
                }
            }
        }

        /// <summary>Waits until there is a change; never empty.</summary>
        public async Task<IReadOnlyCollection<PredictionRecord>> TakeAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                await _signal.WaitAsync(cancellationToken);
                lock (_lock)
                {
                    // A post between the signal and this look is taken here, and has left a signal of its own.
                    if (_pending.Count > 0)
                    {
                        Dictionary<string, PredictionRecord> taken = _pending;
                        _pending = [];
                        return taken.Values;
                    }
                }
            }
        }

        // The semaphore is left to the collector: a post may be under way.
        public void Dispose() => feed._mailboxes.TryRemove(this, out _);
    }
}
