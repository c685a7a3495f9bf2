using System.Text.Json;
using NATS.Client.Core;

namespace AceStep.Server.Queue.Nats;

internal sealed partial class NatsPredictionQueue
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    /// <summary>A result is kept so long while the server is away: it cost more than waiting does.</summary>
    private static readonly TimeSpan FinishPatience = TimeSpan.FromMinutes(10);

    public async Task ReportAsync(PredictionLease lease, PredictionProgress progress, string logs, CancellationToken cancellationToken = default)
    {
        Lease own = (Lease)lease;
        if (own.Lost.IsCancellationRequested)
        {
            return;
        }

        logs = Bounded(own.Record.Job, logs);
        own.Logs = logs;
        PredictionRecord record = own.Record;
        int offset = own.IsStoringDue(_time, ReportInterval) ? await StoreAsync(own, progress, logs, cancellationToken) : own.StoredLogs;
        ProgressNote note = new(record.Attempt, progress, offset, offset <= logs.Length ? logs[offset..] : "");
        try
        {
            await _streams.Connection.PublishAsync(_streams.ProgressSubject(record.Job.Id), JsonSerializer.SerializeToUtf8Bytes(note, NatsJson.Default.ProgressNote), cancellationToken: cancellationToken);
        }
        catch (Exception error) when (NatsCalls.IsPassing(error) && !cancellationToken.IsCancellationRequested)
        {
            // Progress may be lost.
        }
    }

    public async Task<bool> FinishAsync(PredictionLease lease, Outcome outcome, CancellationToken cancellationToken = default)
    {
        Lease own = (Lease)lease;
        PredictionStatus status = outcome.Output is null ? PredictionStatus.Failed : PredictionStatus.Succeeded;
        NatsRecords patient = new(_streams, new NatsCalls(FinishPatience));
        (StoredPrediction? stored, bool isChanged) = await patient.ChangeAsync(
            own.Record.Job.Id,
            known => own.Holds(known)
                ? known with
                {
                    Record = known.Record with
                    {
                        Status = status, Finished = _time.GetUtcNow(), Logs = Bounded(known.Record.Job, outcome.Logs), Output = outcome.Output, Error = outcome.Error, Progress = null, IsUndelivered = known.Record.Job.Webhook is not null,
                    },
                }
                : null,
            cancellationToken);
        // The answer to the change may have been lost: then it is found done, under this lease's own word.
        bool isOwn = isChanged || (stored is not null && stored.Claim == own.Claim && stored.Record.Status == status);
        own.Ended();
        if (stored is null or { Record.IsTerminal: true })
        {
            await AcknowledgeAsync(own.AckSubject, Acknowledgement.Done);
        }

        return isOwn;
    }

    /// <summary>Logs beyond what a record holds are cut at the end; inputs leave them at least half of it.</summary>
    private string Bounded(PredictionJob job, string logs)
    {
        // A character of JSON has at most six bytes, and these are mostly of one.
        int most = Math.Max(0, (_maxPayload - RecordOverhead - (job.Input.Length * 2)) / 4);
        return logs.Length <= most ? logs : logs[..most];
    }

    /// <summary>Stores progress and logs; gives how much of the logs is stored by now.</summary>
    private async Task<int> StoreAsync(Lease lease, PredictionProgress progress, string logs, CancellationToken cancellationToken)
    {
        try
        {
            (StoredPrediction? stored, bool isChanged) = await _records.ChangeAsync(
                lease.Record.Job.Id, known => lease.Holds(known) ? known with { Record = known.Record with { Progress = progress, Logs = logs } } : null, cancellationToken);
            if (!isChanged && (stored is null || !lease.Holds(stored)))
            {
                lease.Lose();
            }

            lease.StoredLogs = isChanged ? logs.Length : lease.StoredLogs;
        }
        catch (QueueUnavailableException)
        {
            // It is stored the next time.
        }

        return lease.StoredLogs;
    }

    private async Task GiveBackAsync(Lease lease)
    {
        (StoredPrediction? stored, _) = await _records.ChangeAsync(
            lease.Record.Job.Id,
            known => lease.Holds(known) ? known with { Claim = null, Record = known.Record with { Status = PredictionStatus.Queued, Worker = null, Started = null, Progress = null, Logs = lease.Logs } } : null,
            CancellationToken.None);
        if (stored is { Record.Status: PredictionStatus.Queued } && stored.Record.Attempt == lease.Record.Attempt)
        {
            await AcknowledgeAsync(lease.AckSubject, Acknowledgement.GiveBack);
        }
    }

    /// <summary>A claimed job: its heartbeats, and the ear for whoever takes it away.</summary>
    private sealed class Lease(NatsPredictionQueue queue, WorkerDescription worker, JobDelivery delivery, StoredPrediction claimed) : PredictionLease
    {
        private readonly CancellationTokenSource _lost = new();
        private Task _life = Task.CompletedTask;
        private long _stored;
        private bool _isEnded;
        private int _disposed;

        public override PredictionRecord Record => claimed.Record;

        public override CancellationToken Lost => _lost.Token;

        public string AckSubject => delivery.AckSubject;

        public string? Claim => claimed.Claim;

        /// <summary>What the job has said by now.</summary>
        public string Logs { get; set; } = claimed.Record.Logs;

        /// <summary>How much of it is stored.</summary>
        public int StoredLogs { get; set; } = claimed.Record.Logs.Length;

        /// <summary>Whether a record is still this lease's.</summary>
        public bool Holds(StoredPrediction known) => known.Record.Status == PredictionStatus.Running && known.Record.Attempt == Record.Attempt && known.Record.Worker == Record.Worker && known.Claim == Claim;

        public void Begin() => _life = Task.WhenAll(Task.Run(HeartbeatAsync), Task.Run(ListenAsync));

        public bool IsStoringDue(TimeProvider time, TimeSpan interval)
        {
            long now = time.GetTimestamp();
            if (_stored != 0 && time.GetElapsedTime(_stored, now) < interval)
            {
                return false;
            }

            _stored = now;
            return true;
        }

        /// <summary>What hangs on the lease ends on a thread of its own.</summary>
        public void Lose() => _ = _lost.CancelAsync();

        /// <summary>There is nothing to give back any more.</summary>
        public void Ended()
        {
            _isEnded = true;
            queue._leases.TryRemove(new KeyValuePair<string, Lease>(Record.Job.Id, this));
            Lose();
        }

        public override async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
            {
                return;
            }

            queue._leases.TryRemove(new KeyValuePair<string, Lease>(Record.Job.Id, this));
            try
            {
                if (!_isEnded && !_lost.IsCancellationRequested)
                {
                    await queue.GiveBackAsync(this);
                }
                else if (!_isEnded && await queue._records.FindAsync(Record.Job.Id, CancellationToken.None) is { Record.IsTerminal: true })
                {
                    // Cancelled. Only of a job that has ended is the message taken away: the other's worker needs it.
                    await queue.AcknowledgeAsync(AckSubject, Acknowledgement.Done);
                }
            }
            catch (QueueUnavailableException)
            {
                // Its time runs out, and another worker has it.
            }

            await _lost.CancelAsync();
            await _life.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task HeartbeatAsync()
        {
            using PeriodicTimer timer = new(queue._options.Heartbeat, queue._time);
            try
            {
                await queue._workers.AnnounceAsync(new WorkerState(worker, Record.Job.Id, queue._time.GetUtcNow()), _lost.Token);
                while (await timer.WaitForNextTickAsync(_lost.Token))
                {
                    await queue.AcknowledgeAsync(AckSubject, Acknowledgement.Working);
                    await queue._workers.AnnounceAsync(new WorkerState(worker, Record.Job.Id, queue._time.GetUtcNow()), _lost.Token);
                    await LookAsync();
                }
            }
            catch (OperationCanceledException)
            {
                // The lease has ended.
            }
        }

        /// <summary>Hears each write of the record, also those that are refused: what is heard is looked at, not believed.</summary>
        private async Task ListenAsync()
        {
            while (!_lost.IsCancellationRequested)
            {
                try
                {
                    await using INatsSub<byte[]> writes = await queue._streams.Connection.SubscribeCoreAsync<byte[]>(queue._streams.RecordSubject(Record.Job.Id), cancellationToken: _lost.Token);
                    // What was written before the ear was there.
                    await LookAsync();
                    await foreach (NatsMsg<byte[]> message in writes.Msgs.ReadAllAsync(_lost.Token))
                    {
                        if (message.Data is not { Length: > 0 } bytes || !IsOwn(bytes))
                        {
                            await LookAsync();
                        }
                    }
                }
                catch (Exception error) when (NatsCalls.IsPassing(error))
                {
                    await Task.Delay(PauseWhileAway, queue._time, _lost.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        private bool IsOwn(byte[] bytes)
        {
            try
            {
                return Holds(StoredPrediction.Parse(bytes, 0));
            }
            catch (InvalidDataException)
            {
                return false;
            }
        }

        private async Task LookAsync()
        {
            try
            {
                if (await queue._records.FindAsync(Record.Job.Id, _lost.Token) is not { } known || !Holds(known))
                {
                    Lose();
                }
            }
            catch (Exception error) when (error is QueueUnavailableException or OperationCanceledException)
            {
                // The server is away: the job goes on, and is looked at again.
            }
        }
    }
}
