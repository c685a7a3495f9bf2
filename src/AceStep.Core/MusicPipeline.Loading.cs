using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Models;
using TorchSharp;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>Loads a checkpoint: the released folder, or ComfyUI's single file.</summary>
    /// <param name="checkpoint">The folder or file.</param>
    /// <param name="options">Device, precision, threads, memory; null for the defaults.</param>
    /// <param name="progress">Told of the bytes read, on the thread that loads.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="DirectoryNotFoundException">There is nothing at <paramref name="checkpoint"/>.</exception>
    /// <exception cref="FileNotFoundException">Files of the checkpoint are missing; the message names them.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed.</exception>
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
            pipeline = new MusicPipeline(thread, checkpoint, options, device, precision);
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
}
