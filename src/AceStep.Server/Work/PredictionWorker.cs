using System.Diagnostics;
using System.Security.Cryptography;
using AceStep.Server.Cog;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Work;

/// <summary>Takes predictions from the queue one after another and runs them on the device.</summary>
internal sealed partial class PredictionWorker(
    IPredictionQueue queue, ModelHost model, LoraPlaces loras, SourceReader sources, IBlobStore blobs, CogUpload upload, Retention retention, ServerMetrics metrics, AceStepServerOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<PredictionWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan ClaimWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);

    /// <summary>Containers give their only process the same number, and one that is started again the same name.</summary>
    private readonly string _name = $"{Environment.MachineName}-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using CancellationTokenSource grace = new();
        // Once the server stops, nothing new is begun; what runs has a while to end.
        using CancellationTokenRegistration stopping = lifetime.ApplicationStopping.Register(() => grace.CancelAfter(options.StopGrace));
        using CancellationTokenSource claiming = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, stoppingToken);
        try
        {
            MusicPipeline pipeline = await model.Pipeline.WaitAsync(claiming.Token);
            PredictionRunner runner = new(pipeline, new LoraCache(pipeline, loras, options.LoraCacheSize), sources, blobs, upload, metrics);
            while (true)
            {
                await ServeAsync(runner, pipeline.Device, claiming.Token, grace.Token);
            }
        }
        catch (OperationCanceledException) when (claiming.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception) when (model.Failure is not null)
        {
            // The model has said why; what waits is kept for a server that has one.
        }
    }

    private async Task ServeAsync(PredictionRunner runner, string device, CancellationToken claiming, CancellationToken stopped)
    {
        try
        {
            await using PredictionLease? lease = await queue.ClaimAsync(Describe(runner, device), ClaimWait, claiming);
            if (lease is not null)
            {
                await RunAsync(runner, lease, stopped);
            }
        }
        catch (StorageFullException error)
        {
            // The prediction is back in the queue by now.
            LogNoRoom(error.Message);
            await retention.CleanAsync(claiming);
            await Task.Delay(PauseAfterTrouble, time, claiming);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogTrouble(error);
            await Task.Delay(PauseAfterTrouble, time, claiming);
        }
    }

    private WorkerDescription Describe(PredictionRunner runner, string device)
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return new WorkerDescription
        {
            Name = _name,
            Checkpoint = Path.GetFileName(Path.TrimEndingDirectorySeparator(options.Checkpoint)),
            Device = device,
            Loras = runner.Loras,
            FreeBytes = Math.Max(0, memory.TotalAvailableMemoryBytes - Environment.WorkingSet),
        };
    }

    private async Task RunAsync(PredictionRunner runner, PredictionLease lease, CancellationToken stopped)
    {
        PredictionRecord record = lease.Record;
        using CancellationTokenSource run = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, stopped);
        PredictionLog log = new(record.Logs);
        LogStarted(record.Job.Id, record.Attempt);
        using Activity? activity = metrics.Activities.StartActivity("prediction", ActivityKind.Consumer, record.Job.TraceParent);
        activity?.SetTag("acestep.prediction.id", record.Job.Id).SetTag("acestep.prediction.attempt", record.Attempt);
        using CancellationTokenSource ended = new();
        Task reporting = ReportAsync(lease, log, ended.Token);
        Outcome outcome;
        try
        {
            outcome = await runner.RunAsync(record, log, run.Token);
        }
        catch (OperationCanceledException)
        {
            LogStopped(record.Job.Id, lease.Lost.IsCancellationRequested ? "cancelled" : "put back");
            if (lease.Lost.IsCancellationRequested)
            {
                metrics.Ended(PredictionStatus.Canceled, null);
            }

            return;
        }
        finally
        {
            await ended.CancelAsync();
            await reporting;
        }

        if (!await queue.FinishAsync(lease, outcome, CancellationToken.None))
        {
            // Somebody else has it, or it was cancelled while its song was being written.
            LogStopped(record.Job.Id, "finished by others");
            if (outcome.Output is { } unwanted)
            {
                await blobs.DeleteAsync(unwanted.Blob, CancellationToken.None);
            }

            return;
        }

        metrics.Ended(outcome.Output is null ? PredictionStatus.Failed : PredictionStatus.Succeeded, outcome.Output);
        LogEnded(record.Job.Id, outcome.Error ?? "succeeded");
    }

    /// <summary>Reports beside the thread that computes, which never waits for it.</summary>
    private async Task ReportAsync(PredictionLease lease, PredictionLog log, CancellationToken ended)
    {
        int reported = 0;
        using PeriodicTimer timer = new(ReportPause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                if (log.Version is var version && version != reported)
                {
                    reported = version;
                    (PredictionProgress progress, string text) = log.Snapshot();
                    await queue.ReportAsync(lease, progress, text, ended);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The prediction has ended; or its progress cannot be stored, which costs nothing but the sight of it.
        }
    }

    [LoggerMessage(LogLevel.Information, "Prediction {Id} begins, attempt {Attempt}")]
    private partial void LogStarted(string id, int attempt);

    [LoggerMessage(LogLevel.Information, "Prediction {Id}: {Result}")]
    private partial void LogEnded(string id, string result);

    [LoggerMessage(LogLevel.Information, "Prediction {Id} stopped: {Reason}")]
    private partial void LogStopped(string id, string reason);

    [LoggerMessage(LogLevel.Error, "There is no room for a song, so the prediction waits: {Reason}")]
    private partial void LogNoRoom(string reason);

    [LoggerMessage(LogLevel.Error, "The worker met an error and goes on")]
    private partial void LogTrouble(Exception error);
}
