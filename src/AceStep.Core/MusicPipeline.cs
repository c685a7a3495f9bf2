using AceStep.Audio;
using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Loras;
using TorchSharp;

namespace AceStep;

/// <summary>
/// What makes music of requests: a loaded <see cref="MusicPipeline"/>, one that a host loads when it is first needed
/// (<c>AddMusicPipeline</c> of the package AceStep.Extensions.DependencyInjection), or what a test of a program puts in its
/// place.
/// </summary>
/// <remarks>Implementations are thread-safe: several requests may be made at once.</remarks>
public interface IMusicPipeline
{
    /// <summary>Computes a request of any task.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Told of each stage and step.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    /// <returns>The songs, one for each item of the batch.</returns>
    /// <exception cref="InvalidRequestException">A field of the request breaks a rule.</exception>
    Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Encodes a source once, so that several tasks can start from it.</summary>
    /// <param name="source">A file or audio; latents come back as they are.</param>
    /// <param name="progress">Told of each step.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    Task<MusicLatents> EncodeAsync(MusicSource source, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Decodes latents piece by piece, in the order of time, so that a player can start before the end is computed.</summary>
    /// <param name="latents">A song's latents.</param>
    /// <param name="sampleRate">44100 or 48000 Hz.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    IAsyncEnumerable<AudioBuffer> DecodeAsync(MusicLatents latents, int sampleRate = 48000, CancellationToken cancellationToken = default);
}

/// <summary>
/// The ACE-Step v1 music model, loaded: one method for each task.
/// </summary>
/// <remarks>
/// <para>Load it once with <see cref="LoadAsync"/>, use it for any number of requests, dispose of it: that returns all of its native memory.</para>
/// <para>
/// Thread-safe: several requests may be made at once; they are computed one after another, since each fills the device.
/// A waiting request can be cancelled. No request changes what another gives: the same request with the same seed gives
/// the same song, bit for bit, on the same machine.
/// </para>
/// <para>Every method checks its request before any work, and throws <see cref="InvalidRequestException"/> with field, rule and value.</para>
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

    /// <summary>What can be asked of the model, known without loading it: tasks, fields, ranges, defaults, refusals.</summary>
    public static MusicCapabilities Capabilities => MusicCapabilities.All;

    /// <summary>The checkpoint's folder or file.</summary>
    public string Checkpoint => _checkpoint.Path;

    /// <summary>The device that computes: "cpu", "cuda:0".</summary>
    public string Device => _device.ToString();

    /// <summary>The precision of weights and computation.</summary>
    public Precision Precision { get; }

    /// <summary>The tensors that live by this pipeline's work, when the last of it had ended.</summary>
    internal long LiveTensors => _thread.LiveTensors;

    /// <summary>The parts of the model, as they are now.</summary>
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
    /// <param name="progress">Told of each stage and step, on the thread that computes.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    /// <returns>The songs, one for each item of the batch.</returns>
    /// <exception cref="InvalidRequestException">A field of the request breaks a rule.</exception>
    /// <exception cref="FileNotFoundException">There are lyrics, and the checkpoint has no lyric vocabulary.</exception>
    /// <exception cref="NonFiniteResultException">A network gave numbers that are not finite; the message says where it began, and the likely cause.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; nothing is left behind.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed of.</exception>
    /// <example>
    /// <code>
    /// MusicResult result = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "funk, 110 bpm, warm bass", Duration = TimeSpan.FromSeconds(60), Seed = 42 });
    /// result.Songs[0].Save("song.mp3");
    /// </code>
    /// </example>
    public Task<MusicResult> TextToMusicAsync(TextToMusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes another take of the song that the same request as text to music gives.</summary>
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

    /// <summary>Makes a span of given audio anew and keeps the rest.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult mended = await pipeline.InpaintAsync(new InpaintingRequest { Source = "demo.wav", Start = TimeSpan.FromSeconds(4), End = TimeSpan.FromSeconds(8), Prompt = "techno, bells" });
    /// </code>
    /// </example>
    public Task<MusicResult> InpaintAsync(InpaintingRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Leads given audio from one description to another.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult ballad = await pipeline.TransferStyleAsync(new StyleTransferRequest { Source = "demo.wav", Prompt = "techno", TargetPrompt = "ballad, piano", From = 0.2 });
    /// </code>
    /// </example>
    public Task<MusicResult> TransferStyleAsync(StyleTransferRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Makes accompaniment for given vocals. The released model has no network of its own for it: see <see cref="AccompanimentRequest"/>.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    /// <example>
    /// <code>
    /// MusicResult band = await pipeline.AccompanyAsync(new AccompanimentRequest { Vocals = "vocals.wav", Style = AccompanimentStyle.Jazz, KeepVocals = true });
    /// </code>
    /// </example>
    public Task<MusicResult> AccompanyAsync(AccompanimentRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(request, progress, cancellationToken);

    /// <summary>Computes a request of any task: what the methods named after the tasks do.</summary>
    /// <inheritdoc cref="TextToMusicAsync" path="//*[not(self::summary or self::example or ancestor::example)]" />
    public Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Validate(request);
        progress = OverallProgress.Of(request, progress);
        return MeasureAsync(request, () => RunAsync(() => Generate(request, progress, cancellationToken), cancellationToken));
    }

    /// <summary>Returns all native memory, after the request in progress has ended; those that wait fail.</summary>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, which would wait for itself.</exception>
    public async ValueTask DisposeAsync() => await _thread.EndAsync(Release).ConfigureAwait(false);

    /// <inheritdoc cref="DisposeAsync" />
    public void Dispose() => _thread.EndAsync(Release).GetAwaiter().GetResult();

    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => _thread.RunAsync(work, cancellationToken);

    private void Release()
    {
        _loras.Dispose();
        _parts.Dispose();
        _checkpoint.Dispose();
    }
}
