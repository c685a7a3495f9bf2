using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Music to latents and back: log-mel spectra and the autoencoder's encoder one way, the autoencoder's decoder and the vocoder
/// the other.
/// </summary>
/// <remarks>
/// Holds its weights until it is disposed. Several threads may use it at once, but not during <see cref="MoveTo"/>; each call
/// needs memory of its own. Tensors that it returns are the caller's.
/// </remarks>
public sealed partial class MusicCodec : IDisposable
{
    // The range of log-mel values that the autoencoder takes as -1 to 1, and its latents' centre and scale, as it was trained.
    private const double MelMinimum = -11.0;
    private const double MelMaximum = 3.0;
    private const double LatentScale = 0.1786;
    private const double LatentShift = -1.9091;

    private const int LongestWholeSeconds = 48;

    // Large beside the frames that neighbouring windows compute twice (about 15 on each side at the released sizes), and small
    // enough for a peak of about a gigabyte there.
    private const int DefaultWindowFrames = 256;

    private readonly MusicAutoencoder _autoencoder;
    private readonly MelVocoder _vocoder;
    private readonly LogMelSpectrogram _spectrogram;
    private readonly AutoencoderConfig _autoencoderConfig;
    private readonly ScalarType _dtype;
    private Device _device;

    private MusicCodec(
        AutoencoderConfig autoencoderConfig, MusicAutoencoder autoencoder, MelVocoder vocoder, LogMelSpectrogram spectrogram, int sampleRate, ScalarType dtype, Device device)
    {
        _autoencoderConfig = autoencoderConfig;
        _autoencoder = autoencoder;
        _vocoder = vocoder;
        _spectrogram = spectrogram;
        _dtype = dtype;
        _device = device;
        SampleRate = sampleRate;
    }

    /// <summary>Samples a second of the audio on either side; 44,100 in the release.</summary>
    public int SampleRate { get; }

    /// <summary>Samples in one latent frame; 4,096 in the release.</summary>
    public int SamplesPerFrame => _spectrogram.HopLength * _autoencoderConfig.Downsampling;

    /// <summary>Channels of the audio; 2 in the release.</summary>
    public int AudioChannels => _autoencoderConfig.InChannels;

    /// <summary>Channels of the latents; 8 in the release.</summary>
    public int LatentChannels => _autoencoderConfig.LatentChannels;

    /// <summary>Rows of the latents; 16 in the release.</summary>
    public int LatentHeight => _spectrogram.Bins / _autoencoderConfig.Downsampling;

    /// <summary>The networks that it consists of.</summary>
    internal torch.nn.Module[] Modules => [_autoencoder, _vocoder];

    /// <summary>The most latent frames that a window has, its context apart.</summary>
    internal int WindowFrames { get; set; } = DefaultWindowFrames;

    /// <summary>Builds the codec and reads its weights.</summary>
    /// <param name="autoencoderConfig">The autoencoder's sizes.</param>
    /// <param name="autoencoderWeights">The autoencoder's tensors by the checkpoint's names; stays the caller's.</param>
    /// <param name="vocoderConfig">The vocoder's sizes.</param>
    /// <param name="vocoderWeights">The vocoder's tensors by the checkpoint's names; stays the caller's.</param>
    /// <param name="dtype">What to compute in: float32 or bfloat16.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="bytesRead">Told after each tensor how many bytes of both sources have been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">The tensors do not fit the configs; all that is wrong is named.</exception>
    /// <exception cref="CheckpointFormatException">A tensor's stored form contradicts itself.</exception>
    /// <exception cref="ArgumentException">The two configs do not fit each other, or the type is neither of the two.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled; nothing is kept.</exception>
    public static MusicCodec Load(
        AutoencoderConfig autoencoderConfig,
        ITensorSource autoencoderWeights,
        VocoderConfig vocoderConfig,
        ITensorSource vocoderWeights,
        ScalarType dtype,
        Device device,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(autoencoderConfig);
        ArgumentNullException.ThrowIfNull(autoencoderWeights);
        ArgumentNullException.ThrowIfNull(vocoderConfig);
        ArgumentNullException.ThrowIfNull(vocoderWeights);
        ArgumentNullException.ThrowIfNull(device);
        if (dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
        {
            throw new ArgumentException($"The type must be Float32 or BFloat16; it is {dtype}.", nameof(dtype));
        }

        if (vocoderConfig.MelBins % autoencoderConfig.Downsampling != 0)
        {
            throw new ArgumentException(
                $"The vocoder's mel bins must be a multiple of the autoencoder's downsampling; they are {vocoderConfig.MelBins} and {autoencoderConfig.Downsampling}.",
                nameof(vocoderConfig));
        }

        MusicAutoencoder? autoencoder = null;
        MelVocoder? vocoder = null;
        LogMelSpectrogram? spectrogram = null;
        try
        {
            ByteCount count = new(bytesRead);
            spectrogram = new VocoderWeights(vocoderWeights).ReadSpectrogram(vocoderConfig, device);
            autoencoder = Networks.Autoencoder.Load(autoencoderConfig, autoencoderWeights, dtype, device, count, cancellationToken);
            vocoder = Networks.Vocoder.Load(vocoderConfig, vocoderWeights, dtype, device, count, cancellationToken);
            return new MusicCodec(autoencoderConfig, autoencoder, vocoder, spectrogram, vocoderConfig.SampleRate, dtype, device);
        }
        catch
        {
            autoencoder?.Dispose();
            vocoder?.Dispose();
            spectrogram?.Dispose();
            throw;
        }
    }

    /// <summary>Moves the weights to a device, where the codec computes from then on. Not while another thread uses it.</summary>
    /// <param name="device">The device.</param>
    public void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _autoencoder.to(device);
        _vocoder.to(device);
        _spectrogram.MoveTo(device);
        _device = device;
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        _autoencoder.Dispose();
        _vocoder.Dispose();
        _spectrogram.Dispose();
    }
}

/// <summary>Counts the steps of a long computation: each one looks at the cancellation token and is reported.</summary>
internal sealed class WorkSteps(IProgress<int>? progress, CancellationToken cancellationToken)
{
    private int _done;

    /// <summary>Says that one more step is done.</summary>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    public void Done()
    {
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(++_done);
    }
}
