using System.Globalization;
using Microsoft.Data.Sqlite;
using static AceStep.Server.Queue.Sqlite.SqliteRecords;

namespace AceStep.Server.Queue.Sqlite;

internal sealed partial class SqlitePredictionQueue
{
    public async Task<PredictionLease?> ClaimAsync(WorkerDescription worker, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        _workers[worker.Name] = new WorkerState(worker, null, _time.GetUtcNow());
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(wait);
        while (true)
        {
            (Lease? lease, List<PredictionRecord> failed) = await _store.WriteAsync(
                connection =>
                {
                    (PredictionRecord? claimed, List<PredictionRecord> dead) = Claim(connection, worker.Name);
                    return (claimed is null ? null : Register(claimed), dead);
                },
                cancellationToken);
            failed.ForEach(Publish);
            if (lease is not null)
            {
                lease.Begin();
                _workers[worker.Name] = new WorkerState(worker, lease.Record.Job.Id, _time.GetUtcNow());
                Publish(lease.Record);
                return lease;
            }

            try
            {
                // A lease may run out without anybody's saying so.
                await _arrivals.WaitAsync(_options.Lease, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    public async Task ReportAsync(PredictionLease lease, PredictionProgress progress, string logs, CancellationToken cancellationToken = default)
    {
        Lease own = (Lease)lease;
        PredictionRecord record;
        lock (_publishing)
        {
            if (own.Lost.IsCancellationRequested)
            {
                return;
            }

            record = own.Progressed(progress, logs);
            _feed.Publish(record);
        }

        if (own.IsStoringDue(_time, ReportInterval))
        {
            await _store.WriteAsync(connection => Execute(connection, $"UPDATE predictions SET logs = $logs {Held}", [("$logs", logs), .. HeldBy(record)]), cancellationToken);
        }
    }

    public async Task<bool> FinishAsync(PredictionLease lease, Outcome outcome, CancellationToken cancellationToken = default)
    {
        Lease own = (Lease)lease;
        PredictionStatus status = outcome.Output is null ? PredictionStatus.Failed : PredictionStatus.Succeeded;
        PredictionRecord? finished = await _store.WriteAsync(
            connection => Execute(
                connection,
                $"UPDATE predictions SET status = $status, finished = $now, logs = $logs, output = $output, error = $error, undelivered = $undelivered {Held}",
                [
                    ("$status", (int)status), ("$now", _time.GetUtcNow().UtcTicks), ("$logs", outcome.Logs), ("$output", ToJson(outcome.Output)), ("$error", outcome.Error),
                    ("$undelivered", own.Record.Job.Webhook is null ? 0 : 1), .. HeldBy(own.Record),
                ]) == 1 ? Find(connection, own.Record.Job.Id) : null,
            cancellationToken);
        Forget(own);
        if (finished is null)
        {
            return false;
        }

        Publish(finished);
        return true;
    }

    public async Task<PredictionRecord?> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        (PredictionRecord? record, bool isChanged) = await _store.WriteAsync(
            connection =>
            {
                PredictionRecord? known = Find(connection, id);
                if (known is not { IsTerminal: false })
                {
                    return (known, false);
                }

                string? logs = _leases.GetValueOrDefault(id)?.Logs;
                Execute(
                    connection,
                    "UPDATE predictions SET status = $status, finished = $now, logs = COALESCE($logs, logs), undelivered = $undelivered WHERE id = $id",
                    ("$status", (int)PredictionStatus.Canceled), ("$now", _time.GetUtcNow().UtcTicks), ("$logs", logs), ("$undelivered", known.Job.Webhook is null ? 0 : 1), ("$id", id));
                return (Find(connection, id), true);
            },
            cancellationToken);
        if (isChanged)
        {
            lock (_publishing)
            {
                _feed.Publish(record!);
                _leases.GetValueOrDefault(id)?.Lose();
            }
        }

        return record;
    }

    /// <summary>Done before the claim is committed, so that no cancellation comes in between.</summary>
    private Lease Register(PredictionRecord claimed)
    {
        Lease lease = new(this, claimed);
        // An older worker of this process that slept past its lease hears of it now.
        _leases.GetValueOrDefault(claimed.Job.Id)?.Lose();
        _leases[claimed.Job.Id] = lease;
        return lease;
    }

    private const string Held = "WHERE id = $id AND status = 1 AND attempt = $attempt AND worker = $worker";

    /// <summary>The values of <see cref="Held"/>: whoever changes a running job must hold its present attempt.</summary>
    private static (string Name, object? Value)[] HeldBy(PredictionRecord record) =>
        [("$id", record.Job.Id), ("$attempt", record.Attempt), ("$worker", record.Worker)];

    private (PredictionRecord? Claimed, List<PredictionRecord> Failed) Claim(SqliteConnection connection, string worker)
    {
        List<PredictionRecord> failed = [];
        long now = _time.GetUtcNow().UtcTicks;
        while (Select(connection, "WHERE status = 0 OR (status = 1 AND lease_until < $now) ORDER BY ticket LIMIT 1", ("$now", now)) is [var next])
        {
            string id = next.Job.Id;
            bool isTakenOver = next.Status == PredictionStatus.Running;
            string logs = next.Logs;
            if (isTakenOver)
            {
                logs += $"Attempt {next.Attempt} ended because its worker stopped; the prediction starts again from the beginning, with the same seed.\n";
                Execute(connection, "UPDATE predictions SET deaths = deaths + 1 WHERE id = $id", ("$id", id));
                long deaths = Count(connection, "SELECT deaths FROM predictions WHERE id = $id", ("$id", id));
                if (deaths >= _options.MaxDeaths)
                {
                    string error = string.Create(CultureInfo.InvariantCulture, $"The worker died {deaths} times while it ran this prediction.");
                    Execute(
                        connection,
                        "UPDATE predictions SET status = $status, finished = $now, error = $error, undelivered = $undelivered WHERE id = $id",
                        ("$status", (int)PredictionStatus.Failed), ("$now", now), ("$error", error), ("$undelivered", next.Job.Webhook is null ? 0 : 1), ("$id", id));
                    failed.Add(Find(connection, id)!);
                    continue;
                }
            }

            Execute(
                connection,
                "UPDATE predictions SET status = 1, attempt = attempt + 1, worker = $worker, lease_until = $until, started = $now, logs = $logs WHERE id = $id",
                ("$worker", worker), ("$until", now + _options.Lease.Ticks), ("$now", now), ("$logs", logs), ("$id", id));
            return (Find(connection, id), failed);
        }

        return (null, failed);
    }

    private Task<bool> RenewAsync(Lease lease) => _store.WriteAsync(connection => Execute(
        connection, $"UPDATE predictions SET lease_until = $until {Held}", [("$until", (_time.GetUtcNow() + _options.Lease).UtcTicks), .. HeldBy(lease.Record)]) == 1);

    private async Task GiveBackAsync(Lease lease)
    {
        PredictionRecord? waiting = await _store.WriteAsync(connection => Execute(
            connection, $"UPDATE predictions SET status = 0, worker = NULL, started = NULL, logs = $logs {Held}", [("$logs", lease.Logs), .. HeldBy(lease.Record)]) == 1 ? Find(connection, lease.Record.Job.Id) : null);
        Forget(lease);
        if (waiting is not null)
        {
            Publish(waiting);
            WakeWorkers();
        }
    }

    private void Forget(Lease lease)
    {
        lock (_publishing)
        {
            _leases.TryRemove(new KeyValuePair<string, Lease>(lease.Record.Job.Id, lease));
            lease.Lose();
        }
    }
}
