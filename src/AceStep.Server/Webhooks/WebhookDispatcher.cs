using System.Collections.Concurrent;
using AceStep.Server.Queue;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Webhooks;

/// <summary>
/// Tells webhooks what their predictions do: each in order, none waiting for another's, and one process each where several share
/// the queue. An end that was not delivered when its process was killed is delivered by the next, or by another.
/// </summary>
internal sealed class WebhookDispatcher(IPredictionQueue queue, WebhookSender sender, TimeProvider time) : BackgroundService
{
    /// <summary>Logs come no more often than this.</summary>
    private static readonly TimeSpan LogsPause = TimeSpan.FromMilliseconds(500);

    /// <summary>How soon another process' undelivered ends are looked for.</summary>
    private static readonly TimeSpan TakeOverPause = TimeSpan.FromSeconds(10);

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
            await Task.WhenAll(FollowAsync(stoppingToken), TakeOverAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is undelivered is in the queue.
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        await foreach (PredictionRecord record in queue.WatchAllAsync(stopping))
        {
            Tell(record, stopping);
        }
    }

    /// <summary>What a process that has died did not deliver: its own earlier self, or another that shares the queue.</summary>
    private async Task TakeOverAsync(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(TakeOverPause, time);
        bool isDone = false;
        do
        {
            try
            {
                foreach (PredictionRecord record in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Undelivered, Limit = int.MaxValue }, stopping))
                {
                    Tell(record, stopping);
                }

                isDone = true;
            }
            catch (QueueUnavailableException)
            {
                // The next round has it.
            }
        }
        while ((queue.IsShared || !isDone) && await timer.WaitForNextTickAsync(stopping));
    }

    private void Tell(PredictionRecord record, CancellationToken stopping)
    {
        if (record.IsDeleted)
        {
            Forget(record.Job.Id);
            return;
        }

        if (record.Job.Webhook is not { } webhook || record.Status == PredictionStatus.Queued || (record.IsTerminal && !record.IsUndelivered))
        {
            return;
        }

        Told told = _told.GetOrAdd(record.Job.Id, _ => new Told());
        lock (told)
        {
            if (!told.IsStarted && record.Started is not null)
            {
                told.IsStarted = true;
                told.Then(() => TakeAsync(record, told, stopping));
                if (webhook.Events.HasFlag(WebhookEvents.Start))
                {
                    // The state may be a later one by now; a start is a start.
                    PredictionRecord start = record with { Status = PredictionStatus.Running, Finished = null, Output = null, Error = null };
                    told.Then(() => DeliverAsync(told, start, "start", insists: false, stopping));
                }
            }

            if (record.IsTerminal)
            {
                if (!told.IsEnded)
                {
                    told.IsEnded = true;
                    told.Then(() => EndAsync(record, told, webhook.Events, stopping));
                }
            }
            else if (webhook.Events.HasFlag(WebhookEvents.Logs) && record.Logs.Length > told.LogsLength && told.IsIdle && time.GetElapsedTime(told.LogsTime) >= LogsPause)
            {
                told.LogsLength = record.Logs.Length;
                told.Then(() => DeliverLogsAsync(told, record, stopping));
            }
        }
    }

    /// <summary>A prediction that was deleted before its end was heard of has no end to tell; what is being told is.</summary>
    private void Forget(string id)
    {
        if (!_told.TryGetValue(id, out Told? told))
        {
            return;
        }

        lock (told)
        {
            if (!told.IsEnded)
            {
                told.IsEnded = true;
                told.Then(async () =>
                {
                    _told.TryRemove(id, out _);
                    await (told.Turn?.DisposeAsync() ?? ValueTask.CompletedTask);
                });
            }
        }
    }

    /// <summary>One process tells a prediction's webhook, from the start to the end.</summary>
    private async Task TakeAsync(PredictionRecord record, Told told, CancellationToken stopping)
    {
        if (told.Turn is not null || await queue.HoldAsync($"webhook/{record.Job.Id}", stopping) is not { } turn)
        {
            return;
        }

        // Another may have told all of it and let go since this state was heard of.
        if (await queue.GetAsync(record.Job.Id, stopping) is null or { IsTerminal: true, IsUndelivered: false })
        {
            await turn.DisposeAsync();
            return;
        }

        told.Turn = turn;
    }

    private async Task EndAsync(PredictionRecord record, Told told, WebhookEvents events, CancellationToken stopping)
    {
        try
        {
            await TakeAsync(record, told, stopping);
            if (told.Turn is null)
            {
                return;
            }

            if (record.Job.CogId is not null && record.Output is not null && events.HasFlag(WebhookEvents.Output | WebhookEvents.Completed))
            {
                // Cog tells of the output by itself, before the end; Replicate's may leave out what the end says a moment later.
                await DeliverAsync(told, record with { Status = PredictionStatus.Running, Finished = null }, "output", insists: false, stopping);
            }

            if (events.HasFlag(WebhookEvents.Completed))
            {
                await DeliverAsync(told, record, "completed", insists: true, stopping);
            }
            else if (events.HasFlag(WebhookEvents.Output) && record.Output is not null)
            {
                await DeliverAsync(told, record, "output", insists: false, stopping);
            }

            await queue.MarkDeliveredAsync(record.Job.Id, stopping);
        }
        finally
        {
            // Whoever did not get to it this time does so in a later round.
            _told.TryRemove(record.Job.Id, out _);
            if (told.Turn is { } turn)
            {
                await turn.DisposeAsync();
            }
        }
    }

    /// <summary>The pause is between what is sent: before its first delivery a process may wait for its turn.</summary>
    private async Task DeliverLogsAsync(Told told, PredictionRecord record, CancellationToken stopping)
    {
        try
        {
            await DeliverAsync(told, record, $"logs.{record.Logs.Length}", insists: false, stopping);
        }
        finally
        {
            told.LogsTime = time.GetTimestamp();
        }
    }

    private async Task DeliverAsync(Told told, PredictionRecord record, string name, bool insists, CancellationToken stopping)
    {
        if (told.Turn is null)
        {
            // Another process tells it.
            return;
        }

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

        /// <summary>What this process holds while it tells; null where another does.</summary>
        public IAsyncDisposable? Turn { get; set; }

        public bool IsStarted { get; set; }

        public bool IsEnded { get; set; }

        public int LogsLength { get; set; }

        /// <summary>When logs were sent last; to be read while it is idle.</summary>
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
