using System.Diagnostics;
using System.Runtime.CompilerServices;
using AceStep.Audio;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AceStep;

/// <summary>The pipeline of a host: loaded once, when the host starts or for the first request, and logged.</summary>
internal sealed partial class HostedMusicPipeline(IOptions<MusicServiceOptions> options, ILogger<HostedMusicPipeline> logger) : IMusicPipeline, IAsyncDisposable, IDisposable
{
    private readonly SemaphoreSlim _loading = new(1);
    private readonly CancellationTokenSource _ended = new();
    private MusicPipeline? _pipeline;

    /// <summary>Loads the checkpoint where that has not been done. What failed is tried again by the next call.</summary>
    public Task LoadAsync(CancellationToken cancellationToken) => PipelineAsync(progress: null, cancellationToken);

    public async Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        MusicPipeline.Validate(request);
        string task = request.GetType().Name;
        MusicPipeline pipeline = await PipelineAsync(progress, cancellationToken).ConfigureAwait(false);
        LogStarted(task, request.Generation.Steps, request.Generation.BatchSize);
        long started = Stopwatch.GetTimestamp();
        try
        {
            MusicResult result = await pipeline.GenerateAsync(request, progress, cancellationToken).ConfigureAwait(false);
            LogDone(task, result.Songs.Sum(song => song.Audio.Duration.TotalSeconds), Seconds(started), string.Join(", ", result.Songs.Select(song => song.Seed)));
            return result;
        }
        catch (OperationCanceledException)
        {
            LogCancelled(task, Seconds(started));
            throw;
        }
        catch (Exception error)
        {
            LogFailed(error, task, Seconds(started));
            throw;
        }
    }

    public async Task<MusicLatents> EncodeAsync(MusicSource source, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        MusicPipeline pipeline = await PipelineAsync(progress, cancellationToken).ConfigureAwait(false);
        return await pipeline.EncodeAsync(source, progress, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<AudioBuffer> DecodeAsync(MusicLatents latents, int sampleRate = 48000, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        MusicPipeline pipeline = await PipelineAsync(progress: null, cancellationToken).ConfigureAwait(false);
        await foreach (AudioBuffer piece in pipeline.DecodeAsync(latents, sampleRate, cancellationToken).ConfigureAwait(false))
        {
            yield return piece;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Stops a loading that is under way; what loads afterwards fails.
        await _ended.CancelAsync().ConfigureAwait(false);
        await _loading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_pipeline is not null)
            {
                await _pipeline.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task<MusicPipeline> PipelineAsync(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        if (_pipeline is { } loaded)
        {
            return loaded;
        }

        ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        await _loading.WaitAsync(stop.Token).ConfigureAwait(false);
        try
        {
            return _pipeline ??= await LoadPipelineAsync(progress, stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<MusicPipeline> LoadPipelineAsync(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        MusicServiceOptions chosen = options.Value;
        LogLoading(chosen.Checkpoint);
        long started = Stopwatch.GetTimestamp();
        MusicPipeline pipeline = await MusicPipeline.LoadAsync(chosen.Checkpoint, chosen.Pipeline, progress, cancellationToken).ConfigureAwait(false);
        LogLoaded(chosen.Checkpoint, pipeline.Device, pipeline.Precision, Seconds(started));
        return pipeline;
    }

    private static double Seconds(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3);

    [LoggerMessage(1, LogLevel.Information, "Loading {Checkpoint}")]
    private partial void LogLoading(string checkpoint);

    [LoggerMessage(2, LogLevel.Information, "Loaded {Checkpoint} on {Device} in {Precision} within {Seconds} s")]
    private partial void LogLoaded(string checkpoint, string device, Precision precision, double seconds);

    [LoggerMessage(3, LogLevel.Debug, "{Task} begins: {Steps} steps, batch {BatchSize}")]
    private partial void LogStarted(string task, int steps, int batchSize);

    [LoggerMessage(4, LogLevel.Information, "{Task}: {MusicSeconds} s of music within {Seconds} s, seed {Seeds}")]
    private partial void LogDone(string task, double musicSeconds, double seconds, string seeds);

    [LoggerMessage(5, LogLevel.Information, "{Task} was cancelled after {Seconds} s")]
    private partial void LogCancelled(string task, double seconds);

    [LoggerMessage(6, LogLevel.Error, "{Task} failed after {Seconds} s")]
    private partial void LogFailed(Exception error, string task, double seconds);
}
