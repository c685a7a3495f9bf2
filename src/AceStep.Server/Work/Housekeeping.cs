using System.Collections.Concurrent;
using AceStep.Server.Cog;
using AceStep.Server.Queue;
using AceStep.Server.Replicate;
using AceStep.Server.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Work;

/// <summary>What happens by the clock: deadlines each second, retention each minute; and what a process that has died left behind.</summary>
internal sealed partial class Housekeeping(IPredictionQueue queue, Retention retention, EncodedSongs encoded, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan DeadlinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetentionPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _deadlines = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // From the first change on: what is listed afterwards may have changed meanwhile, and is noted twice then.
            await Task.WhenAll(NoteDeadlinesAsync(stoppingToken), TakeOverAsync(stoppingToken), CancelLateAsync(stoppingToken), CleanAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>Predictions whose client waited on a connection have lost it with its process.</summary>
    private async Task TakeOverAsync(CancellationToken stopping)
    {
        // Alone, a process that begins knows that nobody else has a client; among others, who accepts has a moment to say so.
        TimeSpan youngest = queue.IsShared ? RetentionPause : TimeSpan.Zero;
        using PeriodicTimer timer = new(RetentionPause, time);
        do
        {
            await GuardAsync(async () =>
            {
                foreach (PredictionRecord open in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Open, Limit = int.MaxValue }, stopping))
                {
                    if (open.Job.IsAttached && time.GetUtcNow() - open.Job.Created >= youngest)
                    {
                        await CancelAbandonedAsync(open, stopping);
                    }
                    else if (open.Job.Deadline is { } deadline)
                    {
                        _deadlines[open.Job.Id] = deadline;
                    }
                }
            });
        }
        while (queue.IsShared && await timer.WaitForNextTickAsync(stopping));
    }

    /// <summary>Whoever has the client holds its connection.</summary>
    private async Task CancelAbandonedAsync(PredictionRecord record, CancellationToken stopping)
    {
        await using IAsyncDisposable? connection = await queue.HoldAsync(CogPredictions.ConnectionOf(record), stopping);
        if (connection is not null)
        {
            await queue.CancelAsync(record.Job.Id, stopping);
        }
    }

    private async Task NoteDeadlinesAsync(CancellationToken stopping)
    {
        await foreach (PredictionRecord record in queue.WatchAllAsync(stopping))
        {
            if (record.IsDeleted)
            {
                await GuardAsync(() =>
                {
                    encoded.Remove(record.Job.Id);
                    return Task.CompletedTask;
                });
            }

            if (record.IsTerminal)
            {
                _deadlines.TryRemove(record.Job.Id, out _);
            }
            else if (record.Job.Deadline is { } deadline)
            {
                _deadlines[record.Job.Id] = deadline;
            }
        }
    }

    private async Task CancelLateAsync(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(DeadlinePause, time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            foreach ((string id, DateTimeOffset deadline) in _deadlines)
            {
                if (deadline <= time.GetUtcNow())
                {
                    await GuardAsync(() => queue.CancelAsync(id, stopping));
                }
            }
        }
    }

    /// <summary>One of the processes that share a queue does it, while it lives.</summary>
    private async Task CleanAsync(CancellationToken stopping)
    {
        IAsyncDisposable? turn = null;
        using PeriodicTimer timer = new(RetentionPause, time);
        try
        {
            do
            {
                await GuardAsync(async () =>
                {
                    turn ??= await queue.HoldAsync("cleaning", stopping);
                    if (turn is not null)
                    {
                        await retention.CleanAsync(stopping);
                    }
                });
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        finally
        {
            if (turn is not null)
            {
                await turn.DisposeAsync();
            }
        }
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogTrouble(error);
        }
    }

    [LoggerMessage(LogLevel.Error, "Cleaning up failed and will be tried again")]
    private partial void LogTrouble(Exception error);
}
