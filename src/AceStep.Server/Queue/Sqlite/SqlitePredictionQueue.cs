using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using static AceStep.Server.Queue.Sqlite.SqliteRecords;

namespace AceStep.Server.Queue.Sqlite;

/// <summary>The queue of one machine: a SQLite file that one process has open, progress and waiting in that process' memory.</summary>
internal sealed partial class SqlitePredictionQueue : IPredictionQueue
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly SqliteStore _store;
    private readonly SqliteQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly RecordFeed _feed = new();
    private readonly SemaphoreSlim _arrivals = new(0);

    /// <summary>Order of publication: nobody hears of progress after the end.</summary>
    private readonly Lock _publishing = new();
    private readonly ConcurrentDictionary<string, Lease> _leases = new();
    private readonly ConcurrentDictionary<string, WorkerState> _workers = new();
    private readonly LocalHolds _holds = new();

    /// <param name="path">The database; made where it is missing. The caller sees to it that no other process has it open.</param>
    /// <param name="options">Leases and bounds.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be used.</exception>
    public SqlitePredictionQueue(string path, SqliteQueueOptions options, TimeProvider time)
    {
        _store = new SqliteStore(path);
        _options = options;
        _time = time;
        // Whoever held a lease of this file is dead: its process had it open.
        _store.WriteAsync(connection => Execute(connection, "UPDATE predictions SET lease_until = 0 WHERE status = 1")).GetAwaiter().GetResult();
    }

    public bool IsShared => false;

    public async Task<PredictionRecord> EnqueueAsync(PredictionJob job, CancellationToken cancellationToken = default)
    {
        (PredictionRecord record, bool isNew) = await _store.WriteAsync(connection => Insert(connection, job), cancellationToken);
        if (isNew)
        {
            Publish(record);
            WakeWorkers();
        }

        return record;
    }

    public Task<PredictionRecord?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(_store.Read(connection => Find(connection, id)) is { } record ? Overlay(record) : null);

    public Task<IReadOnlyList<PredictionRecord>> ListAsync(PredictionQuery query, CancellationToken cancellationToken = default)
    {
        (string condition, string order) = query.Filter switch
        {
            PredictionFilter.Open => ("status < 2", "ticket"),
            PredictionFilter.Undelivered => ("undelivered = 1", "ticket"),
            PredictionFilter.WithData => ("status >= 2 AND data_removed = 0", "finished"),
            _ => ("1", "ticket DESC"),
        };
        string text = $"""
            WHERE {condition} AND ($before IS NULL OR ticket < $before) AND ($from IS NULL OR created >= $from)
            AND ($until IS NULL OR created < $until) AND ($source IS NULL OR source = $source) ORDER BY {order} LIMIT $limit
            """;
        List<PredictionRecord> records = _store.Read(connection => Select(
            connection, text, ("$before", query.Before), ("$from", query.CreatedFrom?.UtcTicks), ("$until", query.CreatedBefore?.UtcTicks), ("$source", query.Source), ("$limit", query.Limit)));
        return Task.FromResult<IReadOnlyList<PredictionRecord>>([.. records.Select(Overlay)]);
    }

    public async IAsyncEnumerable<PredictionRecord> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using RecordFeed.Mailbox mailbox = _feed.Subscribe(id);
        PredictionRecord? record = await GetAsync(id, cancellationToken);
        while (record is not null)
        {
            yield return record;
            if (record.IsTerminal)
            {
                yield break;
            }

            record = (await mailbox.TakeAsync(cancellationToken)).Single();
        }
    }

    public async IAsyncEnumerable<PredictionRecord> WatchAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using RecordFeed.Mailbox mailbox = _feed.Subscribe(null);
        while (true)
        {
            foreach (PredictionRecord record in await mailbox.TakeAsync(cancellationToken))
            {
                yield return record;
            }
        }
    }

    public Task<QueueStats> StatsAsync(string? positionOf = null, CancellationToken cancellationToken = default) => Task.FromResult(_store.Read(connection =>
    {
        long? ticket = positionOf is not null && Find(connection, positionOf) is { Status: PredictionStatus.Queued } record ? record.Ticket : null;
        using SqliteCommand command = Command(
            connection,
            """
            SELECT COUNT(*) FILTER (WHERE status = 0), COUNT(*) FILTER (WHERE status = 1),
                   COUNT(*) FILTER (WHERE ticket < $ticket), TOTAL(cost) FILTER (WHERE ticket < $ticket)
            FROM predictions WHERE status < 2
            """,
            ("$ticket", ticket));
        using SqliteDataReader reader = command.ExecuteReader();
        reader.Read();
        return new QueueStats(reader.GetInt32(0), reader.GetInt32(1), ticket is null ? null : reader.GetInt32(2), reader.GetDouble(3));
    }));

    public Task<IReadOnlyList<WorkerState>> WorkersAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<WorkerState>>([.. _workers.Values]);

    public Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(_holds.Take(name));

    public Task MarkDeliveredAsync(string id, CancellationToken cancellationToken = default) =>
        _store.WriteAsync(connection => Execute(connection, "UPDATE predictions SET undelivered = 0 WHERE id = $id", ("$id", id)), cancellationToken);

    public async Task<string?> RemoveDataAsync(string id, CancellationToken cancellationToken = default)
    {
        (string? blob, PredictionRecord? changed) = await _store.WriteAsync(
            connection =>
            {
                if (Find(connection, id) is not { IsTerminal: true, IsDataRemoved: false } record)
                {
                    return (null, null);
                }

                PredictionJob job = record.Job with { Input = "{}", Webhook = null };
                Execute(connection, "UPDATE predictions SET data_removed = 1, job = $job, logs = '', output = NULL, undelivered = 0 WHERE id = $id", ("$job", ToJson(job)), ("$id", id));
                return (record.Output?.Blob, Find(connection, id));
            },
            cancellationToken);
        if (changed is not null)
        {
            Publish(changed);
        }

        return blob;
    }

    public async Task<PredictionRecord?> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        if (await CancelAsync(id, cancellationToken) is not { } record)
        {
            return null;
        }

        if (await _store.WriteAsync(connection => Execute(connection, "DELETE FROM predictions WHERE ticket = $ticket AND status >= 2", ("$ticket", record.Ticket)), cancellationToken) == 0)
        {
            // Another call was quicker.
            return null;
        }

        Publish(PredictionRecord.Deleted(id, record.Ticket));
        return record;
    }

    public Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken = default) => _store.WriteAsync(
        connection => Execute(connection, "DELETE FROM predictions WHERE status >= 2 AND data_removed = 1 AND finished < $before", ("$before", before.UtcTicks)), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (Lease lease in _leases.Values)
        {
            await lease.DisposeAsync();
        }

        _store.Dispose();
    }

    private (PredictionRecord Record, bool IsNew) Insert(SqliteConnection connection, PredictionJob job)
    {
        if (Find(connection, job.Id) is { } known)
        {
            return (Overlay(known), false);
        }

        if (Count(connection, "SELECT COUNT(*) FROM predictions WHERE status = 0") >= _options.MaxQueued)
        {
            throw new QueueFullException($"The queue is full: {_options.MaxQueued} predictions wait.");
        }

        Execute(
            connection,
            "INSERT INTO predictions (id, status, cost, source, created, job) VALUES ($id, 0, $cost, $source, $created, $job)",
            ("$id", job.Id), ("$cost", job.Cost), ("$source", job.Source), ("$created", job.Created.UtcTicks), ("$job", ToJson(job)));
        return (Find(connection, job.Id)!, true);
    }

    private void Publish(PredictionRecord record)
    {
        lock (_publishing)
        {
            _feed.Publish(record);
        }
    }

    /// <summary>The record with what only this process' memory has: the latest progress.</summary>
    private PredictionRecord Overlay(PredictionRecord record) =>
        record.Status == PredictionStatus.Running && _leases.TryGetValue(record.Job.Id, out Lease? lease) && lease.Record.Attempt == record.Attempt ? lease.Overlay(record) : record;

    private void WakeWorkers()
    {
        if (_arrivals.CurrentCount == 0)
        {
            _arrivals.Release();
        }
    }
}
