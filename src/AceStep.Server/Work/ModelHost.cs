using System.Diagnostics;
using AceStep.Server.Deployment;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Work;

/// <summary>The one model of a server: loaded once, when the server starts.</summary>
internal sealed partial class ModelHost(AceStepServerOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ModelHost> logger) : BackgroundService
{
    private readonly TaskCompletionSource<MusicPipeline> _pipeline = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MusicProgress? _progress;
    private int _disposed;

    /// <summary>When loading began.</summary>
    public DateTimeOffset Started { get; private set; } = time.GetUtcNow();

    /// <summary>When loading ended, in success or failure; null until then.</summary>
    public DateTimeOffset? Completed { get; private set; }

    /// <summary>The pipeline; fails where loading has failed.</summary>
    public Task<MusicPipeline> Pipeline => _pipeline.Task;

    /// <summary>Whether workers elsewhere have the model, and this process has none.</summary>
    public bool IsElsewhere => options.Role == ServerRole.Api;

    /// <summary>Whether the model is loaded, or is none of this process' concerns.</summary>
    public bool IsReady => IsElsewhere || _pipeline.Task.IsCompletedSuccessfully;

    /// <summary>Why loading has failed; null where it has not.</summary>
    public string? Failure { get; private set; }

    /// <summary>How far loading has come, in words.</summary>
    public string Logs => Failure ?? (_progress is { Total: > 0 } progress ? $"Loading the checkpoint: {progress.Completed >> 20} of {progress.Total >> 20} MiB.\n" : "");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Started = time.GetUtcNow();
        long started = Stopwatch.GetTimestamp();
        try
        {
            MusicPipeline pipeline = await Task.Run(() => MusicPipeline.LoadAsync(options.Checkpoint, options.Pipeline, new LoadingProgress(this), stoppingToken), stoppingToken);
            Completed = time.GetUtcNow();
            LogLoaded(options.Checkpoint, pipeline.Checkpoint, pipeline.Device, Stopwatch.GetElapsedTime(started).TotalSeconds);
            _pipeline.SetResult(pipeline);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _pipeline.TrySetCanceled(stoppingToken);
        }
        catch (Exception error)
        {
            Failure = DeploymentMessages.Describe(error, isLoading: true);
            Completed = time.GetUtcNow();
            LogFailed(error, Failure);
            _pipeline.SetException(error);
            // Nobody may be waiting for it.
            _ = _pipeline.Task.Exception;
            if (options.Role == ServerRole.Worker)
            {
                // A server says what is wrong; a worker without a model is of no use to anybody.
                lifetime.StopApplication();
            }
        }
    }

    /// <summary>Comes when all that stops has stopped: whoever still makes a song has its pipeline until then.</summary>
    public override void Dispose()
    {
        base.Dispose();
        if (_pipeline.Task.IsCompletedSuccessfully && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _pipeline.Task.Result.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Information, "The model {Checkpoint} is loaded from {Path} on {Device} after {Seconds:0.0} s")]
    private partial void LogLoaded(string checkpoint, string path, string device, double seconds);

    [LoggerMessage(LogLevel.Error, "The model could not be loaded: {Reason}")]
    private partial void LogFailed(Exception error, string reason);

    private sealed class LoadingProgress(ModelHost host) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value) => host._progress = value;
    }
}
