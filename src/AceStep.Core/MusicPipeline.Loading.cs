using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Hub;
using AceStep.Models;
using TorchSharp;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>
    /// Loads a checkpoint: the released folder or ComfyUI's single file, by its path, its name on the hub
    /// (<c>ACE-Step/ACE-Step-v1-3.5B</c>) or the https address of a file. A name is looked up in the caches first, and
    /// downloaded if it is in none; see <see cref="ModelStore"/>.
    /// </summary>
    /// <param name="checkpoint">
    /// The folder, file, name (<c>owner/name</c>, <c>owner/name@revision</c>) or address; or a folder that holds exactly one checkpoint, such as a hub's cache.
    /// </param>
    /// <param name="options">Device, precision, threads, memory; null for the defaults.</param>
    /// <param name="progress">Receives the bytes downloaded and read, on the threads that do so.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="DirectoryNotFoundException">There is nothing at <paramref name="checkpoint"/>.</exception>
    /// <exception cref="DownloadException">A name is in no cache, and cannot be downloaded.</exception>
    /// <exception cref="FileNotFoundException">Files of the checkpoint are missing, or the folder holds no checkpoint or several; the message names them.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed, or the codec has another sample rate than the released one.</exception>
    /// <exception cref="CheckpointMismatchException">Tensors do not fit the configs; the message names them.</exception>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for the model.</exception>
    /// <exception cref="LibtorchException">libtorch is missing, has the wrong version or does not load; see <see cref="Libtorch"/>.</exception>
    /// <exception cref="ArgumentException">The options' device is unknown or not on this machine, <c>Threads</c> is below 1, or <c>Memory</c> is null.</exception>
    /// <example>
    /// <code>
    /// await using MusicPipeline pipeline = await MusicPipeline.LoadAsync("ACE-Step-v1-3.5B", new MusicPipelineOptions { Precision = Precision.BFloat16 });
    /// </code>
    /// </example>
    public static async Task<MusicPipeline> LoadAsync(
        string checkpoint,
        MusicPipelineOptions? options = null,
        IProgress<MusicProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        options ??= new MusicPipelineOptions();
        ArgumentNullException.ThrowIfNull(options.Memory, nameof(options.Memory));
        (checkpoint, options) = await FindFilesAsync(checkpoint, options, progress, cancellationToken).ConfigureAwait(false);
        PipelineThread thread = new();
        try
        {
            return await thread.RunAsync(() => Load(thread, checkpoint, options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (MemoryShortage.Is(error))
        {
            await thread.EndAsync(() => { }).ConfigureAwait(false);
            throw MemoryShortage.Describe(MusicStage.Loading, error);
        }
        catch
        {
            await thread.EndAsync(() => { }).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Turns names into paths on disk, with downloads if they are allowed.</summary>
    private static async Task<(string Checkpoint, MusicPipelineOptions Options)> FindFilesAsync(
        string checkpoint, MusicPipelineOptions options, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        ModelStore store = new(options.Download, new StageReports(options.DownloadProgress, progress));
        bool isNamed = store.IsRemote(checkpoint);
        string path = await store.GetCheckpointAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        string? dictionary = options.JapaneseDictionary is { Length: > 0 } name ? await store.GetDictionaryAsync(name, cancellationToken).ConfigureAwait(false) : options.JapaneseDictionary;
        // Downloads after loading are reported only to the options' own progress, since loading has ended.
        ModelStore later = new(options.Download, options.DownloadProgress);
        return (path, options with
        {
            JapaneseDictionary = dictionary,
            LyricDownloads = new LyricDownloads(later, !later.IsOffline && (isNamed || options.Download == DownloadMode.WhenMissing)),
        });
    }

    private static MusicPipeline Load(PipelineThread thread, string path, MusicPipelineOptions options, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        Libtorch.Initialize();
        if (options.Threads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(options.Threads));
            torch.set_num_threads(threads);
        }

        torch.Device device = ComputeDevices.Parse(options.Device);
        Precision precision = options.Precision ?? (device.type == DeviceType.CUDA ? Precision.BFloat16 : Precision.Float32);
        MusicCheckpoint checkpoint = MusicCheckpoint.Open(path, options);
        MusicPipeline? pipeline = null;
        try
        {
            RequireFrames(checkpoint);
            pipeline = new MusicPipeline(thread, checkpoint, options, device, precision);
            if (options.RequireLyrics)
            {
                using IDisposable? downloads = options.LyricDownloads?.Under(cancellationToken);
                _ = pipeline._parts.LyricTokenizer;
            }

            pipeline._parts.Preload(progress, cancellationToken);
            return pipeline;
        }
        catch
        {
            if (pipeline is null)
            {
                checkpoint.Dispose();
            }

            pipeline?.Release();
            throw;
        }
    }

    /// <summary>Throws if the codec has another sample rate or latent size than the released one: times and sample rates of requests and results would be wrong.</summary>
    private static void RequireFrames(MusicCheckpoint checkpoint)
    {
        VocoderConfig vocoder = checkpoint.VocoderConfig;
        AutoencoderConfig autoencoder = checkpoint.AutoencoderConfig;
        (string Name, int Expected, int Actual)[] sizes =
        [
            ("samples a second", LatentFrames.SampleRate, vocoder.SampleRate),
            ("samples in a latent frame", LatentFrames.Samples, vocoder.HopLength * autoencoder.Downsampling),
            ("rows of latents", LatentFrames.Rows, vocoder.MelBins / autoencoder.Downsampling),
            ("channels of latents", LatentFrames.Channels, autoencoder.LatentChannels),
        ];
        foreach ((string name, int expected, int actual) in sizes)
        {
            if (actual != expected)
            {
                throw new CheckpointFormatException(checkpoint.Path, FormattableString.Invariant($"the codec must have {expected} {name}, like the released one; its configs say {actual}"));
            }
        }
    }

    /// <summary>Reports a download as a stage of loading too.</summary>
    private sealed class StageReports(IProgress<DownloadProgress>? downloads, IProgress<MusicProgress>? stages) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            downloads?.Report(value);
            if (value.Total > 0)
            {
                stages?.Report(new MusicProgress(MusicStage.Downloading, value.Completed, value.Total, value.Remaining));
            }
        }
    }
}
