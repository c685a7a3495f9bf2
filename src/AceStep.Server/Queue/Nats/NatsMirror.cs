using System.Text.Json;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.KeyValueStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>
/// What a front end knows of all records: an entry of each for lists and numbers, those that run whole, and the feed of
/// changes. It follows the server; <see cref="SyncAsync"/> waits until it has caught up with what has been done before.
/// </summary>
internal sealed partial class NatsMirror(NatsStreams streams, NatsRecords records, NatsQueueOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly SortedSet<Entry> _byTicket = new(Comparer<Entry>.Create((left, right) => left.Ticket != right.Ticket ? left.Ticket.CompareTo(right.Ticket) : string.CompareOrdinal(left.Id, right.Id)));
    private readonly Dictionary<string, PredictionRecord> _running = [];

    /// <summary>What was told last of those that have not ended; it may be ahead of their records, and behind.</summary>
    private readonly Dictionary<string, ProgressNote> _notes = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _following;
    private ulong _revision;
    private bool _isFilled;

    /// <summary>The changes of single predictions, also of progress.</summary>
    public RecordFeed Feed { get; } = new();

    /// <summary>The changes of all predictions, without what was there when the following began.</summary>
    public RecordFeed All { get; } = new();

    /// <summary>What is known of one prediction. Immutable.</summary>
    internal sealed record Entry(string Id, long Ticket, PredictionStatus Status, DateTimeOffset Created, DateTimeOffset? Finished, string Source, double Cost, bool HasData, bool IsUndelivered, ulong Revision)
    {
        public bool IsOpen => Status is PredictionStatus.Queued or PredictionStatus.Running;
    }

    /// <summary>Begins to follow, if it does not.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _following ??= Task.WhenAll(Task.Run(FollowRecordsAsync), Task.Run(FollowProgressAsync));
        }
    }

    /// <summary>Waits until everything that was done before the call is known.</summary>
    /// <exception cref="QueueUnavailableException">The server does not answer.</exception>
    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        Start();
        ulong last = await records.LastRevisionAsync(cancellationToken);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Patience);
        try
        {
            while (true)
            {
                Task advanced;
                lock (_lock)
                {
                    if (_revision >= last && _isFilled)
                    {
                        return;
                    }

                    advanced = _advanced.Task;
                }

                await advanced.WaitAsync(patience.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new QueueUnavailableException("This server has not received all of the queue's changes yet. Try again.", error);
        }
    }

    /// <summary>Picks entries in the order of arrival, or against it.</summary>
    public IReadOnlyList<Entry> Select(Func<Entry, bool> condition, bool newestFirst, int limit)
    {
        lock (_lock)
        {
            return [.. (newestFirst ? _byTicket.Reverse() : _byTicket).Where(condition).Take(limit)];
        }
    }

    /// <summary>The record with the latest progress, where it runs and that has been heard.</summary>
    public PredictionRecord Overlay(PredictionRecord record)
    {
        lock (_lock)
        {
            return record.Status == PredictionStatus.Running && _running.TryGetValue(record.Job.Id, out PredictionRecord? known) && known.Attempt == record.Attempt
                ? record with { Progress = known.Progress ?? record.Progress, Logs = Longer(known.Logs, record.Logs) }
                : record;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_following is { } following)
        {
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stop.Dispose();
    }

    private async Task FollowRecordsAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                ulong before = await records.LastRevisionAsync(_stop.Token);
                NatsKVWatchOpts watch = new()
                {
                    IdleHeartbeat = Heartbeat,
                    OnNoData = _ =>
                    {
                        Fill(before);
                        return ValueTask.FromResult(false);
                    },
                };
                await foreach (NatsKVEntry<byte[]> entry in streams.Records.WatchAsync<byte[]>(opts: watch, cancellationToken: _stop.Token))
                {
                    Apply(entry);
                    if (entry.Delta == 0)
                    {
                        Fill(before);
                    }
                }
            }
            catch (Exception error) when (error is not OperationCanceledException || !_stop.IsCancellationRequested)
            {
                LogTrouble(logger, error.Message);
            }

            await Task.Delay(PauseAfterTrouble, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>All that was there has been told; what has gone by age is not told any more.</summary>
    private void Fill(ulong revision)
    {
        lock (_lock)
        {
            _isFilled = true;
            Advance(revision);
        }
    }

    private void Apply(NatsKVEntry<byte[]> entry)
    {
        PredictionRecord? record = null;
        try
        {
            record = entry.Operation == NatsKVOperation.Put && entry.Value is { Length: > 0 } bytes ? StoredPrediction.Parse(bytes, entry.Revision).Record : null;
        }
        catch (InvalidDataException error)
        {
            LogTrouble(logger, error.Message);
        }

        lock (_lock)
        {
            if (_entries.Remove(entry.Key, out Entry? old))
            {
                _byTicket.Remove(old);
            }

            if (record is not null)
            {
                Entry known = new(entry.Key, record.Ticket, record.Status, record.Job.Created, record.Finished, record.Job.Source, record.Job.Cost, record.IsTerminal && !record.IsDataRemoved, record.IsUndelivered, entry.Revision);
                _entries[entry.Key] = known;
                _byTicket.Add(known);
            }

            if (record is { Status: PredictionStatus.Running })
            {
                record = _running.TryGetValue(entry.Key, out PredictionRecord? before) && before.Attempt == record.Attempt ? record with { Logs = Longer(before.Logs, record.Logs) } : record;
                record = _notes.TryGetValue(entry.Key, out ProgressNote? note) ? With(record, note) : record;
                _running[entry.Key] = record;
            }
            else
            {
                _running.Remove(entry.Key);
                if (record is not { IsTerminal: false })
                {
                    _notes.Remove(entry.Key);
                }
            }

            if (record is null && old is not null)
            {
                record = PredictionRecord.Deleted(old.Id, old.Ticket) with { Revision = entry.Revision };
            }

            if (record is not null)
            {
                Feed.Publish(record);
                if (_isFilled && (old is null || old.Revision < entry.Revision))
                {
                    All.Publish(record);
                }
            }

            Advance(entry.Revision);
        }
    }

    private void Advance(ulong revision)
    {
        _revision = Math.Max(_revision, revision);
        TaskCompletionSource advanced = _advanced;
        _advanced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        advanced.SetResult();
    }

    private async Task FollowProgressAsync()
    {
        string subject = streams.ProgressSubject("*");
        int prefix = subject.Length - 1;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (NatsMsg<byte[]> message in streams.Connection.SubscribeAsync<byte[]>(subject, cancellationToken: _stop.Token))
                {
                    if (message.Data is { } bytes && JsonSerializer.Deserialize(bytes, NatsJson.Default.ProgressNote) is { } note)
                    {
                        Apply(message.Subject[prefix..], note);
                    }
                }
            }
            catch (Exception error) when (error is not OperationCanceledException || !_stop.IsCancellationRequested)
            {
                LogTrouble(logger, error.Message);
            }

            await Task.Delay(PauseAfterTrouble, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Apply(string id, ProgressNote note)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out Entry? entry) || !entry.IsOpen)
            {
                // It has ended, or is not heard of yet: its record tells.
                return;
            }

            _notes[id] = note;
            if (!_running.TryGetValue(id, out PredictionRecord? known) || known.Attempt != note.Attempt)
            {
                return;
            }

            PredictionRecord record = With(known, note);
            _running[id] = record;
            Feed.Publish(record);
            All.Publish(record);
        }
    }

    private static string Longer(string one, string other) => one.Length > other.Length ? one : other;

    /// <summary>A record with what was told of its attempt: the two come by different ways, in any order.</summary>
    private static PredictionRecord With(PredictionRecord record, ProgressNote note)
    {
        if (note.Attempt != record.Attempt || note.Offset < 0 || note.Offset + note.Text.Length < record.Logs.Length)
        {
            return record;
        }

        return record with { Progress = note.Progress, Logs = note.Offset <= record.Logs.Length ? record.Logs[..note.Offset] + note.Text : record.Logs };
    }

    [LoggerMessage(LogLevel.Warning, "Following the queue failed and is tried again: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string reason);
}
