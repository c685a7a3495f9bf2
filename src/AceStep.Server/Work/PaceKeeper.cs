using AceStep.Server.Queue;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Work;

/// <summary>Learns how long predictions take, whoever makes them.</summary>
internal sealed class PaceKeeper(IPredictionQueue queue, Pacing pacing) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (PredictionRecord record in queue.WatchAllAsync(stoppingToken))
            {
                // A change after the end tells the same once more, which teaches nothing wrong.
                if (record is { Status: PredictionStatus.Succeeded, Output: { } output })
                {
                    pacing.Learn(record.Job.Cost, TimeSpan.FromSeconds(output.PredictSeconds));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
