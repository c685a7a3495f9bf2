using System.Collections.Concurrent;
using AceStep.Server.Queue;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Webhooks;

/// <summary>
/// Tells webhooks what their predictions do: each in order, none waiting for another's. An end that was not delivered when the
/// server was killed is delivered after its start.
/// </summary>
internal sealed class WebhookDispatcher(IPredictionQueue queue, WebhookSender sender, TimeProvider time) : BackgroundService
{
    /// <summary>Logs come no more often than this.</summary>
    private static readonly TimeSpan LogsPause = TimeSpan.FromMilliseconds(500);

    private const int MaxDeliveries = 64;

    private readonly ConcurrentDictionary<string, Told> _told = new();
    private readonly SemaphoreSlim _deliveries = new(MaxDeliveries, MaxDeliveries);

    public override void Dispose()
    {
        _deliveries.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using IAsyncEnumerator<PredictionRecord> changes = queue.WatchAllAsync(stoppingToken).GetAsyncEnumerator(stoppingToken);
            ValueTask<bool> next = changes.MoveNextAsync();
            foreach (PredictionRecord record in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Undelivered, Limit = int.MaxValue }, stoppingToken))
            {
                Tell(record, stoppingToken);
            }

            while (await next)
            {
                Tell(changes.Current, stoppingToken);
                next = changes.MoveNextAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is undelivered is in the queue.
        }
    }

    private void Tell(PredictionRecord record, CancellationToken stopping)
    {
        if (record.Job.Webhook is not { } webhook || record.Status == PredictionStatus.Queued)
        {
            return;
        }

        Told told = _told.GetOrAdd(record.Job.Id, _ => new Told());
        if (!told.IsStarted && record.Started is not null)
        {
            told.IsStarted = true;
            if (webhook.Events.HasFlag(WebhookEvents.Start))
            {
                // The state may be a later one by now; a start is a start.
                PredictionRecord start = record with { Status = PredictionStatus.Running, Finished = null, Output = null, Error = null };
                told.Then(() => DeliverAsync(start, "start", insists: false, stopping));
            }
        }

        if (record.IsTerminal)
        {
            if (!told.IsEnded)
            {
                told.IsEnded = true;
                told.Then(() => EndAsync(record, webhook.Events, stopping));
            }
        }
        else if (webhook.Events.HasFlag(WebhookEvents.Logs) && record.Logs.Length > told.LogsLength && time.GetElapsedTime(told.LogsTime) >= LogsPause && told.IsIdle)
        {
            (told.LogsLength, told.LogsTime) = (record.Logs.Length, time.GetTimestamp());
            told.Then(() => DeliverAsync(record, $"logs.{record.Logs.Length}", insists: false, stopping));
        }
    }

    private async Task EndAsync(PredictionRecord record, WebhookEvents events, CancellationToken stopping)
    {
        if (record.Job.CogId is not null && record.Output is not null && events.HasFlag(WebhookEvents.Output | WebhookEvents.Completed))
        {
            // Cog tells of the output by itself, before the end; Replicate's may leave out what the end says a moment later.
            await DeliverAsync(record with { Status = PredictionStatus.Running, Finished = null }, "output", insists: false, stopping);
        }

        if (events.HasFlag(WebhookEvents.Completed))
        {
            await DeliverAsync(record, "completed", insists: true, stopping);
        }
        else if (events.HasFlag(WebhookEvents.Output) && record.Output is not null)
        {
            await DeliverAsync(record, "output", insists: false, stopping);
        }

        await queue.MarkDeliveredAsync(record.Job.Id, stopping);
        _told.TryRemove(record.Job.Id, out _);
    }

    private async Task DeliverAsync(PredictionRecord record, string name, bool insists, CancellationToken stopping)
    {
        await _deliveries.WaitAsync(stopping);
        try
        {
            await sender.SendAsync(record, name, insists, stopping);
        }
        finally
        {
            _deliveries.Release();
        }
    }

    /// <summary>What one prediction's webhook has been told, and what it is being told.</summary>
    private sealed class Told
    {
        private Task _last = Task.CompletedTask;

        public bool IsStarted { get; set; }

        public bool IsEnded { get; set; }

        public int LogsLength { get; set; }

        public long LogsTime { get; set; }

        public bool IsIdle => _last.IsCompleted;

        /// <summary>Does something after all that came before; what fails stays undelivered and is told again after a start.</summary>
        public void Then(Func<Task> tell)
        {
            Task before = _last;
            _last = Task.Run(async () =>
            {
                await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await tell();
            });
        }
    }
}
