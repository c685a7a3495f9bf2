using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Hub;
using AceStep.Models;
using TorchSharp;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>
    /// Loads a checkpoint: the released folder, ComfyUI's single file, or either by its name on the hub
    /// (<c>ACE-Step/ACE-Step-v1-3.5B</c>) or the https address of a file. A name is looked up in the caches first, and fetched
    /// where it is in none; see <see cref="ModelStore"/>.
    /// </summary>
    /// <param name="checkpoint">
    /// The folder, file, name (<c>owner/name</c>, <c>owner/name@revision</c>) or address; or a folder that holds exactly one checkpoint, such as a hub's cache.
    /// </param>
    /// <param name="options">Device, precision, threads, memory; null for the defaults.</param>
    /// <param name="progress">Told of the bytes fetched and read, on the threads that do it.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="DirectoryNotFoundException">There is nothing at <paramref name="checkpoint"/>.</exception>
    /// <exception cref="DownloadException">A name is in no cache, and what it stands for is not to be had.</exception>
    /// <exception cref="FileNotFoundException">Files of the checkpoint are missing, or the folder holds none or several; the message names them.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed, or its codec makes sound at another rate than the released one.</exception>
    /// <exception cref="CheckpointMismatchException">Tensors do not fit the configs; the message names them.</exception>
    /// <exception cref="LibtorchException">libtorch is not there, does not fit or does not load; see <see cref="Libtorch"/>.</exception>
    /// <exception cref="ArgumentException">The device is unknown or absent, there is less than one thread, or no memory plan.</exception>
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
        catch
        {
            await thread.EndAsync(() => { }).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Turns names into places on disk, fetching what may be fetched.</summary>
    private static async Task<(string Checkpoint, MusicPipelineOptions Options)> FindFilesAsync(
        string checkpoint, MusicPipelineOptions options, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        ModelStore store = new(options.Download, new StageReports(options.DownloadProgress, progress));
        bool isNamed = store.IsRemote(checkpoint);
        string path = await store.GetCheckpointAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        string? dictionary = options.JapaneseDictionary is { Length: > 0 } name ? await store.GetDictionaryAsync(name, cancellationToken).ConfigureAwait(false) : options.JapaneseDictionary;
        // Later downloads belong to no loading: they are the download's own progress alone.
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

    /// <summary>Times, sizes and sample rates of requests and results are those of the released codec; another one's sound would be mislabelled.</summary>
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
                throw new CheckpointFormatException(checkpoint.Path, FormattableString.Invariant($"the codec must have {expected} {name}, as the released one; by its configs it has {actual}"));
            }
        }
    }

    /// <summary>Reports a download as a stage of the loading, too.</summary>
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
