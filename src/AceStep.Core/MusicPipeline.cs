using AceStep.Audio;
using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Loras;
using TorchSharp;

namespace AceStep;

/// <summary>
/// Makes music from requests. Implemented by <see cref="MusicPipeline"/>, by the service that <c>AddMusicPipeline</c> of the
/// package AceStep.Extensions.DependencyInjection registers (it loads the model when it is first needed), and by stand-ins
/// in a program's own tests.
/// </summary>
/// <remarks>Implementations are thread-safe: several requests may be made at once.</remarks>
public interface IMusicPipeline
{
    /// <summary>Computes a request of any task.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Receives a report of each stage and step.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    /// <returns>The songs, one for each item of the batch.</returns>
    /// <exception cref="InvalidRequestException">A field of the request breaks a rule.</exception>
    Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Encodes a source once, so that several tasks can start from it.</summary>
    /// <param name="source">A file or audio; latents are returned as they are.</param>
    /// <param name="progress">Receives a report of each step.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    Task<MusicLatents> EncodeAsync(MusicSource source, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Decodes latents piece by piece, from start to end, so that a player can start before everything is computed.</summary>
    /// <param name="latents">A song's latents.</param>
    /// <param name="sampleRate">44100 or 48000 Hz.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    IAsyncEnumerable<AudioBuffer> DecodeAsync(MusicLatents latents, int sampleRate = 48000, CancellationToken cancellationToken = default);
}

/// <summary>
/// The ACE-Step v1 music model, loaded: one method for each task.
/// </summary>
/// <remarks>
/// <para>Load it once with <see cref="LoadAsync"/>, use it for any number of requests, and dispose of it, which frees all of its native memory.</para>
/// <para>
/// Thread-safe: several requests may be made at once. They are computed one after another, since each uses the whole device;
/// a waiting request can be cancelled. Requests do not influence each other: on the same machine, the same request with the
/// same seed gives the same song, bit for bit.
/// </para>
/// <para>Every method checks its request before any work, and throws <see cref="InvalidRequestException"/> if a field breaks a rule.</para>
/// </remarks>
public sealed partial class MusicPipeline : IMusicPipeline, IAsyncDisposable, IDisposable
{
    private readonly PipelineThread _thread;
    private readonly MusicCheckpoint _checkpoint;
    private readonly MusicPipelineOptions _options;
    private readonly torch.Device _device;
    private readonly torch.ScalarType _dtype;
    private readonly PipelineParts _parts;
    private readonly LoraStack _loras = new();

    /// <summary>The stage in which the pipeline's thread is, for errors.</summary>
    private MusicStage _stage = MusicStage.Loading;

    private MusicPipeline(PipelineThread thread, MusicCheckpoint checkpoint, MusicPipelineOptions options, torch.Device device, Precision precision)
    {
        _thread = thread;
        _checkpoint = checkpoint;
        _options = options;
        _device = device;
        Precision = precision;
        _dtype = precision == Precision.BFloat16 ? torch.bfloat16 : torch.float32;
        _parts = new PipelineParts(checkpoint, options, device, _dtype, MergeLoras);
    }

    /// <summary>The model's tasks and their fields, with ranges, defaults and rules. Available without loading the model.</summary>
    public static MusicCapabilities Capabilities => MusicCapabilities.All;

    /// <summary>The checkpoint's folder or file.</summary>
    public string Checkpoint => _checkpoint.Path;

    /// <summary>The device that computes: "cpu", "cuda:0".</summary>
    public string Device => _device.ToString();

    /// <summary>The precision of weights and computation.</summary>
    public Precision Precision { get; }

    /// <summary>The number of this pipeline's live tensors after its last piece of work.</summary>
    internal long LiveTensors => _thread.LiveTensors;

    /// <summary>The parts of the model.</summary>
    internal PipelineParts Parts => _parts;

    /// <summary>Checks a request without computing anything.</summary>
    /// <exception cref="InvalidRequestException">A field breaks a rule.</exception>
    public static void Validate(MusicRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Schema.Validate(request);
    }

    /// <summary>Makes music from a prompt and lyrics.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Receives a report of each stage and step, on the thread that computes.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    /// <returns>The songs, one for each item of the batch.</returns>
    /// <exception cref="InvalidRequestException">A field of the request breaks a rule.</exception>
    /// <exception cref="FileNotFoundException">The request has lyrics, and there is no lyric vocabulary.</exception>
    /// <exception cref="InsufficientMemoryException">The memory of the CPU or GPU does not suffice; the message names the stage. The pipeline remains usable.</exception>
    /// <exception cref="NonFiniteResultException">A network's output has values that are not finite; the message says where, and the likely cause.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed of.</exception>
    /// <example>
    /// <code>
    /// MusicResult result = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "funk, 110 bpm, warm bass", Duration = TimeSpan.FromSeconds(60), Seed = 42 });
    /// result.Songs[0].Save("song.mp3");
    /// </code>
    /// </example>
    public Task<MusicResult> TextToMusicAsync(TextToMusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes another take of a song: of the one that text to music gives with the same prompt, lyrics and seed.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult take = await pipeline.VaryAsync(new VariationRequest { Prompt = "funk, 110 bpm", Seed = 42, VariationSeed = 7, Strength = 0.2 });
    /// </code>
    /// </example>
    public Task<MusicResult> VaryAsync(VariationRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes new music that starts from given audio, of its length.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult calm = await pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = "demo.wav", Prompt = "piano, calm", Strength = 0.6 });
    /// </code>
    /// </example>
    public Task<MusicResult> AudioToAudioAsync(AudioToAudioRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes music before, after, or on both sides of given audio.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult longer = await pipeline.ContinueAsync(new ContinuationRequest { Source = result.Songs[0].Latents, After = TimeSpan.FromSeconds(20), Prompt = "funk, 110 bpm" });
    /// </code>
    /// </example>
    public Task<MusicResult> ContinueAsync(ContinuationRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Replaces a span of given audio by new music and keeps the rest.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult mended = await pipeline.InpaintAsync(new InpaintingRequest { Source = "demo.wav", Start = TimeSpan.FromSeconds(4), End = TimeSpan.FromSeconds(8), Prompt = "techno, bells" });
    /// </code>
    /// </example>
    public Task<MusicResult> InpaintAsync(InpaintingRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Changes given audio from one description to another, and keeps its structure.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult ballad = await pipeline.TransferStyleAsync(new StyleTransferRequest { Source = "demo.wav", Prompt = "techno", TargetPrompt = "ballad, piano", From = 0.2 });
    /// </code>
    /// </example>
    public Task<MusicResult> TransferStyleAsync(StyleTransferRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes accompaniment for given vocals. The released model has no network for this task: see <see cref="AccompanimentRequest"/>.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult band = await pipeline.AccompanyAsync(new AccompanimentRequest { Vocals = "vocals.wav", Style = AccompanimentStyle.Jazz, KeepVocals = true });
    /// </code>
    /// </example>
    public Task<MusicResult> AccompanyAsync(AccompanimentRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Computes a request of any task. The methods named after the tasks call this one.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    public Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Validate(request);
        progress = OverallProgress.Of(request, progress);
        return MeasureAsync(request, () => RunAsync(() => Generate(request, progress, cancellationToken), cancellationToken));
    }

    /// <summary>Frees all native memory after the request in progress has ended. Waiting requests fail.</summary>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, where it would wait forever.</exception>
    public async ValueTask DisposeAsync() => await _thread.EndAsync(Release).ConfigureAwait(false);

    /// <inheritdoc cref="DisposeAsync" />
    public void Dispose() => _thread.EndAsync(Release).GetAwaiter().GetResult();

    /// <summary>Runs work on the pipeline's thread. If memory runs out, the error names the stage.</summary>
    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => _thread.RunAsync(
        () =>
        {
            try
            {
                return work();
            }
            catch (Exception error) when (MemoryShortage.Is(error))
            {
                throw MemoryShortage.Describe(_stage, error);
            }
        },
        cancellationToken);

    private void Release()
    {
        _loras.Dispose();
        _parts.Dispose();
        _checkpoint.Dispose();
    }
}
