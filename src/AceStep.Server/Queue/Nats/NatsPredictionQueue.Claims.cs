using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace AceStep.Server.Queue.Nats;

internal sealed partial class NatsPredictionQueue
{
    /// <summary>A pull is renewed so often: one that was open when the server went is never answered.</summary>
    private static readonly TimeSpan LongestPull = TimeSpan.FromSeconds(5);

    /// <summary>The client refuses shorter ones.</summary>
    private static readonly TimeSpan ShortestPull = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseWhileAway = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Lease> _leases = new();
    private INatsJSConsumer? _consumer;

    public async Task<PredictionLease?> ClaimAsync(WorkerDescription worker, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        long started = Stopwatch.GetTimestamp();
        await using NatsOffers offers = new(_streams, worker.Loras);
        if (wait > TimeSpan.Zero)
        {
            offers.Listen();
        }

        bool isFirst = true;
        while (true)
        {
            TimeSpan left = wait - Stopwatch.GetElapsedTime(started);
            if (!isFirst && left <= TimeSpan.Zero)
            {
                return null;
            }

            isFirst = false;
            try
            {
                await _workers.AnnounceAsync(new WorkerState(worker, null, _time.GetUtcNow()), cancellationToken);
                if (await NextAsync(offers, left, cancellationToken) is { } delivery && await TakeAsync(worker, delivery, cancellationToken) is { } lease)
                {
                    return lease;
                }
            }
            catch (Exception error) when (NatsCalls.IsPassing(error) && !cancellationToken.IsCancellationRequested)
            {
                // The server is away, which is said elsewhere; a job that was on its way is delivered again.
                await Task.Delay(PauseWhileAway, cancellationToken);
            }
        }
    }

    /// <summary>The next job from the stream, or one that another worker passes on, whichever comes first; what comes second goes to others.</summary>
    private async Task<JobDelivery?> NextAsync(NatsOffers offers, TimeSpan left, CancellationToken cancellationToken)
    {
        Task<JobDelivery?> pull = PullAsync(left, cancellationToken);
        await Task.WhenAny(pull, offers.Open());
        if (offers.Close() is { } offered)
        {
            // A pull is not broken off: what it had in hand would be lost for the length of a lease.
            _ = ReturnAsync(pull);
            return offered;
        }

        return await pull;
    }

    private async Task<JobDelivery?> PullAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        INatsJSConsumer workers = _consumer ??= await _calls.RunAsync(token => _streams.JetStream.GetConsumerAsync(_streams.Jobs, NatsStreams.Consumer, token), cancellationToken);
        NatsJSFetchOpts options = new() { MaxMsgs = 1 };
        TimeSpan expires = left < LongestPull ? left : LongestPull;
        // The client itself waits for ever for a connection to ask over.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestPull + LongestPull);
        IAsyncEnumerable<INatsJSMsg<byte[]>> messages = left >= ShortestPull
            ? workers.FetchAsync<byte[]>(options with { Expires = expires, IdleHeartbeat = TimeSpan.FromSeconds(0.5) }, cancellationToken: limit.Token)
            : workers.FetchNoWaitAsync<byte[]>(options, cancellationToken: limit.Token);
        await foreach (INatsJSMsg<byte[]> message in messages)
        {
            if (message is { Metadata: { } metadata, ReplyTo: { } acknowledgement })
            {
                if (Parse(message.Data) is { } job)
                {
                    return new JobDelivery(acknowledgement, metadata.Sequence.Stream, metadata.NumDelivered, job);
                }

                // What is no job of this program's would come back for ever.
                await AcknowledgeAsync(acknowledgement, Acknowledgement.Terminate);
            }
        }

        if (left > TimeSpan.Zero && left < ShortestPull)
        {
            await Task.Delay(left, _time, cancellationToken);
        }

        return null;
    }

    private static PredictionJob? Parse(byte[]? message)
    {
        try
        {
            return message is null ? null : JsonSerializer.Deserialize(message, NatsJson.Default.PredictionJob);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Gives back at once what a pull brings that nobody waits for any more.</summary>
    private async Task ReturnAsync(Task<JobDelivery?> pull)
    {
        try
        {
            if (await pull is { } delivery)
            {
                await AcknowledgeAsync(delivery.AckSubject, Acknowledgement.GiveBack);
            }
        }
        catch (Exception error) when (NatsCalls.IsPassing(error))
        {
            // It is delivered again when its time is up.
        }
    }

    /// <summary>Claims a delivered job; null where it has ended, another has it, or it was passed on.</summary>
    private async Task<Lease?> TakeAsync(WorkerDescription worker, JobDelivery delivery, CancellationToken cancellationToken)
    {
        string id = delivery.Job.Id;
        string claim = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        bool mayPassOn = delivery is { IsOffered: false, Job.Lora: { } lora } && !worker.Loras.Contains(lora);
        while (true)
        {
            (StoredPrediction? found, ulong revision) = await _records.LookAsync(id, cancellationToken);
            if (found is null && !await HasMessageAsync(delivery.Ticket, cancellationToken))
            {
                // Deleted while it was on its way. Of one whose front end died before it made the record, the message is there.
                return null;
            }

            StoredPrediction known = found ?? new() { Record = new PredictionRecord { Job = delivery.Job, Ticket = (long)delivery.Ticket } };
            PredictionRecord record = known.Record;
            if (known.Claim == claim && record.Status == PredictionStatus.Running)
            {
                // Claimed by a call whose answer was lost.
                return Begin(worker, delivery, known);
            }

            if (record.IsTerminal)
            {
                await AcknowledgeAsync(delivery.AckSubject, Acknowledgement.Done);
                return null;
            }

            if (record.Status == PredictionStatus.Running && known.Delivered >= delivery.Delivered)
            {
                // The same delivery is in other hands: it was passed on.
                return null;
            }

            if (mayPassOn && await _workers.PassOnAsync(delivery, cancellationToken))
            {
                return null;
            }

            mayPassOn = false;
            StoredPrediction next = Next(known, worker, claim, delivery.Delivered);
            StoredPrediction? stored = found is null ? await _records.CreateAsync(next, revision, cancellationToken) : await ReplaceAsync(known, next, cancellationToken);
            if (stored is null)
            {
                continue;
            }

            if (stored.Record.IsTerminal)
            {
                await AcknowledgeAsync(delivery.AckSubject, Acknowledgement.Done);
                return null;
            }

            return Begin(worker, delivery, stored);
        }
    }

    /// <summary>Only over the state that was looked at.</summary>
    private async Task<StoredPrediction?> ReplaceAsync(StoredPrediction known, StoredPrediction next, CancellationToken cancellationToken)
    {
        (StoredPrediction? stored, bool isChanged) = await _records.ChangeAsync(known.Record.Job.Id, now => now.Record.Revision == known.Record.Revision ? next : null, cancellationToken);
        return isChanged ? stored : null;
    }

    /// <summary>The state after a claim: it runs, or has failed with the last of the deaths that it may cost.</summary>
    private StoredPrediction Next(StoredPrediction known, WorkerDescription worker, string claim, ulong delivered)
    {
        PredictionRecord record = known.Record;
        bool isTakenOver = record.Status == PredictionStatus.Running;
        int deaths = known.Deaths + (isTakenOver ? 1 : 0);
        string logs = isTakenOver ? record.Logs + $"Attempt {record.Attempt} ended because its worker stopped; the prediction starts again from the beginning, with the same seed.\n" : record.Logs;
        DateTimeOffset now = _time.GetUtcNow();
        return known with
        {
            Deaths = deaths,
            Delivered = delivered,
            Claim = claim,
            Record = deaths >= _options.MaxDeaths
                ? record with
                {
                    Status = PredictionStatus.Failed, Finished = now, Logs = logs, Progress = null, IsUndelivered = record.Job.Webhook is not null,
                    Error = string.Create(CultureInfo.InvariantCulture, $"The worker died {deaths} times while it ran this prediction."),
                }
                : record with { Status = PredictionStatus.Running, Attempt = record.Attempt + 1, Worker = worker.Name, Started = now, Logs = logs, Progress = null },
        };
    }

    private Lease Begin(WorkerDescription worker, JobDelivery delivery, StoredPrediction stored)
    {
        Lease lease = new(this, worker, delivery, stored);
        // An older worker of this process that slept past its lease hears of it now.
        _leases.GetValueOrDefault(stored.Record.Job.Id)?.Lose();
        _leases[stored.Record.Job.Id] = lease;
        lease.Begin();
        return lease;
    }

    /// <summary>Without waiting for an answer: after the server was killed there may never be one. Nothing depends on its arrival.</summary>
    private async Task AcknowledgeAsync(string subject, byte[] words)
    {
        try
        {
            await _streams.Connection.PublishAsync(subject, words);
        }
        catch (Exception error) when (NatsCalls.IsPassing(error))
        {
            // The job comes again, and is found as it is.
        }
    }

    /// <summary>What a worker says of a job to the stream.</summary>
    private static class Acknowledgement
    {
        public static readonly byte[] Done = "+ACK"u8.ToArray();
        public static readonly byte[] GiveBack = "-NAK"u8.ToArray();
        public static readonly byte[] Working = "+WPI"u8.ToArray();
        public static readonly byte[] Terminate = "+TERM"u8.ToArray();
    }
}
