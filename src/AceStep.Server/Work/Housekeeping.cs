using System.Collections.Concurrent;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Work;

/// <summary>What happens by the clock: deadlines each second, retention each minute; and once at the start, what an earlier process left.</summary>
internal sealed partial class Housekeeping(IPredictionQueue queue, Retention retention, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan DeadlinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetentionPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _deadlines = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await TakeOverAsync(stoppingToken);
            await Task.WhenAll(NoteDeadlinesAsync(stoppingToken), CancelLateAsync(stoppingToken), CleanAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>Predictions whose client waited on a connection have lost it with the process.</summary>
    private async Task TakeOverAsync(CancellationToken stopping)
    {
        foreach (PredictionRecord open in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Open, Limit = int.MaxValue }, stopping))
        {
            if (open.Job.IsAttached)
            {
                await queue.CancelAsync(open.Job.Id, stopping);
            }
            else if (open.Job.Deadline is { } deadline)
            {
                _deadlines[open.Job.Id] = deadline;
            }
        }
    }

    private async Task NoteDeadlinesAsync(CancellationToken stopping)
    {
        await foreach (PredictionRecord record in queue.WatchAllAsync(stopping))
        {
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

    private async Task CleanAsync(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(RetentionPause, time);
        do
        {
            await GuardAsync(() => retention.CleanAsync(stopping));
        }
        while (await timer.WaitForNextTickAsync(stopping));
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

    [LoggerMessage(LogLevel.Error, "Cleaning up had trouble and is tried again")]
    private partial void LogTrouble(Exception error);
}
