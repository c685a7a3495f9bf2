using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AceStep.Server.Storage;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace AceStep.Server.Queue.Nats;

/// <summary>
/// The queue of many machines. A job is a message of a work queue; what becomes of it is its record, which is changed by
/// compare-and-set alone. First the message, then the record; first the record's end, then the message's acknowledgement:
/// whatever dies in between, the next worker finds what it needs.
/// </summary>
internal sealed partial class NatsPredictionQueue : IPredictionQueue
{
    private const int NoMessage = 10037;
    private const int MaximumReached = 10077;
    private const int NoStorage = 10023;
    private const int NoMemory = 10028;
    private const int StorageExceeded = 10047;
    private const int ReadsAtOnce = 16;

    /// <summary>What a record needs beside inputs and logs.</summary>
    private const int RecordOverhead = 64 << 10;

    private readonly NatsStreams _streams;
    private readonly NatsQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly NatsCalls _calls;
    private readonly NatsRecords _records;
    private readonly NatsMirror _mirror;
    private readonly NatsHolds _holds;
    private readonly NatsWorkers _workers;
    private readonly ILogger _logger;
    private readonly int _maxPayload;

    public NatsPredictionQueue(NatsStreams streams, NatsQueueOptions options, TimeProvider time, ILogger logger)
    {
        (_streams, _options, _time, _logger) = (streams, options, time, logger);
        _calls = new NatsCalls(options.Patience);
        _records = new NatsRecords(streams, _calls);
        _mirror = new NatsMirror(streams, _records, options, time, logger);
        _holds = new NatsHolds(streams, _calls, options, time);
        _workers = new NatsWorkers(streams, _calls, time);
        _maxPayload = streams.Connection.ServerInfo?.MaxPayload ?? 1 << 20;
    }

    public bool IsShared => true;

    /// <summary>Whether an error says that the server has no room.</summary>
    public static bool IsFull(Exception error) => error is NatsJSApiException { Error: var answer } && (answer.ErrCode is NoStorage or NoMemory or StorageExceeded or MaximumReached);

    public async Task<PredictionRecord> EnqueueAsync(PredictionJob job, CancellationToken cancellationToken = default)
    {
        (StoredPrediction? known, ulong revision) = await _records.LookAsync(job.Id, cancellationToken);
        if (known is not null)
        {
            return _mirror.Overlay(known.Record);
        }

        byte[] message = JsonSerializer.SerializeToUtf8Bytes(job, NatsJson.Default.PredictionJob);
        if (message.Length > _maxPayload / 2)
        {
            throw new QueueFullException($"The inputs have {message.Length >> 10} KiB as stored; the queue's server takes {_maxPayload >> 11} KiB.");
        }

        await RequirePlaceAsync(cancellationToken);
        PubAckResponse ack = await _calls.RunAsync(token => PublishAsync(job.Id, revision, message, token), cancellationToken);
        StoredPrediction stored = new() { Record = new PredictionRecord { Job = job, Ticket = (long)ack.Seq } };
        // A quick worker may have made the record already.
        return (await _records.CreateAsync(stored, revision, cancellationToken) ?? await _records.FindAsync(job.Id, cancellationToken) ?? stored).Record;
    }

    public async Task<PredictionRecord?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        (await _records.FindAsync(id, cancellationToken))?.Record is { } record ? _mirror.Overlay(record) : null;

    public async Task<IReadOnlyList<PredictionRecord>> ListAsync(PredictionQuery query, CancellationToken cancellationToken = default)
    {
        await _mirror.SyncAsync(cancellationToken);
        IReadOnlyList<NatsMirror.Entry> entries = _mirror.Select(
            entry => (query.Before is null || entry.Ticket < query.Before) && (query.CreatedFrom is null || entry.Created >= query.CreatedFrom)
                && (query.CreatedBefore is null || entry.Created < query.CreatedBefore) && (query.Source is null || entry.Source == query.Source) && IsWanted(entry, query.Filter),
            newestFirst: query.Filter == PredictionFilter.All,
            query.Filter == PredictionFilter.WithData ? int.MaxValue : query.Limit);
        if (query.Filter == PredictionFilter.WithData)
        {
            entries = [.. entries.OrderBy(entry => entry.Finished).Take(query.Limit)];
        }

        PredictionRecord?[] records = new PredictionRecord?[entries.Count];
        await Parallel.ForAsync(0, entries.Count, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken }, async (index, token) => records[index] = await GetAsync(entries[index].Id, token));
        // What has gone or changed since is left out.
        return [.. records.OfType<PredictionRecord>().Where(record => IsWanted(record, query.Filter))];
    }

    public async IAsyncEnumerable<PredictionRecord> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _mirror.Start();
        using RecordFeed.Mailbox mailbox = _mirror.Feed.Subscribe(id);
        PredictionRecord? record = await GetAsync(id, cancellationToken);
        while (record is not null)
        {
            yield return record;
            if (record.IsTerminal)
            {
                yield break;
            }

            ulong seen = record.Revision;
            do
            {
                record = (await mailbox.TakeAsync(cancellationToken)).Single();
            }
            while (record.Revision < seen);
        }
    }

    public async IAsyncEnumerable<PredictionRecord> WatchAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _mirror.Start();
        using RecordFeed.Mailbox mailbox = _mirror.All.Subscribe(null);
        while (true)
        {
            foreach (PredictionRecord record in await mailbox.TakeAsync(cancellationToken))
            {
                yield return record;
            }
        }
    }

    public async Task<PredictionRecord?> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        bool wasQueued = false;
        (StoredPrediction? stored, _) = await _records.ChangeAsync(
            id,
            known =>
            {
                if (known.Record.IsTerminal)
                {
                    return null;
                }

                wasQueued = known.Record.Status == PredictionStatus.Queued;
                return known with
                {
                    Record = known.Record with { Status = PredictionStatus.Canceled, Finished = _time.GetUtcNow(), Logs = _mirror.Overlay(known.Record).Logs, IsUndelivered = known.Record.Job.Webhook is not null },
                };
            },
            cancellationToken);
        if (stored is { Record.Status: PredictionStatus.Canceled })
        {
            // A worker elsewhere hears of it from the server; one in this process now.
            _leases.GetValueOrDefault(id)?.Lose();
        }

        if (stored is { Record.Status: PredictionStatus.Canceled } && wasQueued)
        {
            try
            {
                await RemoveMessageAsync((ulong)stored.Record.Ticket, cancellationToken);
            }
            catch (Exception error) when (error is NatsJSApiException or QueueUnavailableException)
            {
                LogLeftBehind(_logger, id, error.Message);
            }
        }

        return stored?.Record;
    }

    public async Task<QueueStats> StatsAsync(string? positionOf = null, CancellationToken cancellationToken = default)
    {
        await _mirror.SyncAsync(cancellationToken);
        IReadOnlyList<NatsMirror.Entry> open = _mirror.Select(entry => entry.IsOpen, newestFirst: false, int.MaxValue);
        int queued = open.Count(entry => entry.Status == PredictionStatus.Queued);
        NatsMirror.Entry? own = positionOf is null ? null : open.FirstOrDefault(entry => entry.Id == positionOf && entry.Status == PredictionStatus.Queued);
        NatsMirror.Entry[] ahead = own is null ? [] : [.. open.Where(entry => entry.Ticket < own.Ticket)];
        return new QueueStats(queued, open.Count - queued, own is null ? null : ahead.Length, ahead.Sum(entry => entry.Cost));
    }

    public Task<IReadOnlyList<WorkerState>> WorkersAsync(CancellationToken cancellationToken = default) => _workers.ListAsync(cancellationToken);

    public Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken = default) => _holds.TakeAsync(name, cancellationToken);

    public Task MarkDeliveredAsync(string id, CancellationToken cancellationToken = default) => _records.ChangeAsync(
        id, known => known.Record.IsUndelivered ? known with { Record = known.Record with { IsUndelivered = false } } : null, cancellationToken);

    public async Task<string?> RemoveDataAsync(string id, CancellationToken cancellationToken = default)
    {
        string? blob = null;
        (_, bool isChanged) = await _records.ChangeAsync(
            id,
            known =>
            {
                if (known.Record is not { IsTerminal: true, IsDataRemoved: false } record)
                {
                    return null;
                }

                blob = record.Output?.Blob;
                return known with
                {
                    Record = record with { Job = record.Job with { Input = "{}", Webhook = null }, Logs = "", Output = null, IsUndelivered = false, IsDataRemoved = true },
                };
            },
            cancellationToken);
        return isChanged ? blob : null;
    }

    public async Task<PredictionRecord?> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        while (await CancelAsync(id, cancellationToken) is { } record)
        {
            // The message first: a message without a record is a job whose front end died before it made one.
            await RemoveMessageAsync((ulong)record.Ticket, cancellationToken);
            if (await _records.DeleteAsync(id, record.Revision, cancellationToken))
            {
                return record;
            }
        }

        return null;
    }

    public async Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        await _mirror.SyncAsync(cancellationToken);
        foreach (NatsMirror.Entry entry in _mirror.Select(entry => !entry.IsOpen && !entry.HasData && entry.Finished < before, newestFirst: false, int.MaxValue))
        {
            await _records.RemoveAsync(entry.Id, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lease lease in _leases.Values)
        {
            await lease.DisposeAsync();
        }

        await _holds.DisposeAsync();
        await _mirror.DisposeAsync();
    }

    private static bool IsWanted(NatsMirror.Entry entry, PredictionFilter filter) => filter switch
    {
        PredictionFilter.Open => entry.IsOpen,
        PredictionFilter.Undelivered => entry.IsUndelivered,
        PredictionFilter.WithData => entry.HasData,
        _ => true,
    };

    private static bool IsWanted(PredictionRecord record, PredictionFilter filter) => filter switch
    {
        PredictionFilter.Open => !record.IsTerminal,
        PredictionFilter.Undelivered => record.IsUndelivered,
        PredictionFilter.WithData => record is { IsTerminal: true, IsDataRemoved: false },
        _ => true,
    };

    /// <summary>Messages that nobody has claimed yet; a few more may be added at the same time.</summary>
    private async Task RequirePlaceAsync(CancellationToken cancellationToken)
    {
        INatsJSConsumer workers = await _calls.RunAsync(token => _streams.JetStream.GetConsumerAsync(_streams.Jobs, NatsStreams.Consumer, token), cancellationToken);
        if ((long)workers.Info.NumPending >= _options.MaxQueued)
        {
            throw Full();
        }
    }

    /// <summary>A message is taken once; one of an id that was deleted is another than the one before.</summary>
    private async ValueTask<PubAckResponse> PublishAsync(string id, ulong deletion, byte[] message, CancellationToken cancellationToken)
    {
        string messageId = deletion == 0 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}+{deletion}");
        NatsResult<PubAckResponse> result = await _streams.JetStream.TryPublishAsync(_streams.JobSubject(id), message, opts: new NatsJSPubOpts { MsgId = messageId }, cancellationToken: cancellationToken);
        if (!result.Success)
        {
            throw result.Error;
        }

        if (result.Value.Error is not { } refusal)
        {
            return result.Value;
        }

        NatsJSApiException error = new(refusal);
        throw refusal.ErrCode == MaximumReached && refusal.Description?.Contains("messages", StringComparison.Ordinal) == true ? Full()
            : IsFull(error) ? new StorageFullException("There is no room for jobs on the queue's server.", error)
            : error;
    }

    private QueueFullException Full() => new($"The queue is full: {_options.MaxQueued} predictions wait.");

    /// <summary>By its number: removing by subject makes older servers skip other jobs. A cancelled one that is left behind is found ended by the next worker.</summary>
    private async Task RemoveMessageAsync(ulong ticket, CancellationToken cancellationToken)
    {
        try
        {
            await _calls.RunAsync(token => _streams.JetStream.DeleteMessageAsync(_streams.Jobs, new StreamMsgDeleteRequest { Seq = ticket, NoErase = true }, token), cancellationToken);
        }
        catch (NatsJSApiException)
        {
            // Of one that has run there is none any more.
            if (await HasMessageAsync(ticket, cancellationToken))
            {
                throw;
            }
        }
    }

    /// <summary>Whether a job's message is still in the stream.</summary>
    private async Task<bool> HasMessageAsync(ulong ticket, CancellationToken cancellationToken)
    {
        try
        {
            await _calls.RunAsync(
                async token => await (await _streams.JetStream.GetStreamAsync(_streams.Jobs, cancellationToken: token)).GetAsync(new StreamMsgGetRequest { Seq = ticket }, token),
                cancellationToken);
            return true;
        }
        catch (NatsJSApiException error) when (error.Error.ErrCode == NoMessage)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Debug, "Prediction {Id} is cancelled; its message stays for the next worker: {Reason}")]
    private static partial void LogLeftBehind(ILogger logger, string id, string reason);
}
