using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

// Latents to music.
public sealed partial class MusicCodec
{
    /// <summary>The music of latents.</summary>
    /// <param name="latents">[B, 8, 16, F] of any element type, F at least 1; stays the caller's.</param>
    /// <param name="mode">At once or in windows; the result is the same up to rounding.</param>
    /// <param name="stepsDone">Told of each of the <see cref="DecodeSteps"/> as it is done, by its number from 1 on.</param>
    /// <param name="cancellationToken">Looked at after each step.</param>
    /// <returns>[B, 2, F · <see cref="SamplesPerFrame"/>] in float32 on the codec's device, from -1 to 1.</returns>
    /// <exception cref="ArgumentException">The latents have another shape.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public Tensor Decode(Tensor latents, DecodeMode mode = DecodeMode.Auto, IProgress<int>? stepsDone = null, CancellationToken cancellationToken = default)
    {
        RequireLatents(latents, nameof(latents));
        using var scope = NewDisposeScope();
        WorkSteps steps = new(stepsDone, cancellationToken);
        Tensor audio = empty([latents.size(0), AudioChannels, latents.size(3) * SamplesPerFrame], dtype: float32, device: _device);
        for (long item = 0; item < latents.size(0); item++)
        {
            using SongDecoding decoding = StartDecoding(latents.narrow(0, item, 1), mode, steps);
            Tensor song = audio[item];
            while (decoding.Next() is { } piece)
            {
                using (piece)
                {
                    using Tensor place = song.narrow(1, piece.StartSample, piece.Samples.size(1));
                    place.copy_(piece.Samples);
                }
            }
        }

        return audio.MoveToOuterDisposeScope();
    }

    /// <summary>Begins to decode one song piece by piece, so that its beginning can be heard before its end is computed.</summary>
    /// <param name="latents">[1, 8, 16, F] of any element type, F at least 1; stays the caller's and is not needed after the call.</param>
    /// <param name="mode">At once, which gives one piece, or in windows.</param>
    /// <param name="stepsDone">Told of each of the <see cref="DecodeSteps"/> as it is done, by its number from 1 on.</param>
    /// <param name="cancellationToken">Looked at after each step.</param>
    /// <exception cref="ArgumentException">The latents have another shape.</exception>
    public SongDecoding StartDecoding(
        Tensor latents, DecodeMode mode = DecodeMode.Auto, IProgress<int>? stepsDone = null, CancellationToken cancellationToken = default)
    {
        RequireLatents(latents, nameof(latents));
        if (latents.size(0) != 1)
        {
            throw new ArgumentException($"Only one song can be decoded piece by piece; there are {latents.size(0)}.", nameof(latents));
        }

        return StartDecoding(latents, mode, new WorkSteps(stepsDone, cancellationToken));
    }

    /// <summary>The number of steps that <see cref="Decode"/> reports.</summary>
    /// <param name="items">The number of items in the batch.</param>
    /// <param name="frames">The latent frames of each.</param>
    /// <param name="mode">How they will be decoded.</param>
    public int DecodeSteps(long items, long frames, DecodeMode mode = DecodeMode.Auto) => checked((int)(items * PlanDecoding(frames, mode).Steps));

    private SongDecoding StartDecoding(Tensor latents, DecodeMode mode, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor centred = latents.to(float32).to(_device).Over(LatentScale).AddInPlace(LatentShift);
        return new SongDecoding(_autoencoder.Decoder, _vocoder, PlanDecoding(latents.size(3), mode), centred.to(_dtype), DenormalizeMel, steps);
    }

    private DecodePlan PlanDecoding(long frames, DecodeMode mode)
    {
        AutoencoderDecoder decoder = _autoencoder.Decoder;
        FrameRange[] windows = FrameRange.Split(frames, UsesWindows(frames, mode) ? WindowFrames : frames);
        AttentionPlan attention = new(windows, decoder.AttentionBlocks, decoder.ExitReach, HiddenFrameBytes(_autoencoderConfig.DecoderStages));
        return new DecodePlan(attention, _autoencoderConfig.Downsampling, decoder, _vocoder);
    }

    private bool UsesWindows(long frames, DecodeMode mode) => mode switch
    {
        DecodeMode.Whole => false,
        DecodeMode.Windowed => true,
        DecodeMode.Auto => frames * SamplesPerFrame > (long)LongestWholeSeconds * SampleRate,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "The mode must be Auto, Whole or Windowed."),
    };

    private long HiddenFrameBytes(IReadOnlyList<AutoencoderStage> stages) => (long)stages[^1].Channels * LatentHeight * SafetensorsType.SizeOf(_dtype);

    private Tensor DenormalizeMel(Tensor mel)
    {
        using var scope = NewDisposeScope();
        return mel.to(float32).Times(0.5).AddInPlace(0.5).MultiplyInPlace(MelMaximum - MelMinimum).AddInPlace(MelMinimum).to(_dtype).MoveToOuterDisposeScope();
    }

    private void RequireLatents(Tensor latents, string name)
    {
        ArgumentNullException.ThrowIfNull(latents, name);
        if (latents.dim() != 4 || latents.size(0) < 1 || latents.size(1) != LatentChannels || latents.size(2) != LatentHeight || latents.size(3) < 1)
        {
            throw new ArgumentException(
                $"The latents must be [items, {LatentChannels}, {LatentHeight}, frames] with at least one item and frame; they are [{string.Join(", ", latents.shape)}].",
                name);
        }
    }
}
