using AceStep.Audio;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>A source in the model's form: its latents, and its samples where it is sound.</summary>
/// <param name="Latents">[1, 8, 16, F].</param>
/// <param name="Audio">Stereo at the source's own rate, so that what is kept of it is not resampled twice; null for a source that is latents.</param>
internal sealed record SourceMaterial(Tensor Latents, AudioBuffer? Audio)
{
    /// <summary>What was left out of it.</summary>
    public IReadOnlyList<MusicWarning> Warnings { get; init; } = [];

    /// <summary>Samples that are resampled between two looks at the cancellation token: a few seconds of sound.</summary>
    private const int BlockLength = 1 << 18;

    /// <summary>Any sound as stereo at its own rate: mono doubled, more channels mixed down.</summary>
    /// <exception cref="InvalidRequestException">No samples, or samples that are not finite.</exception>
    public static AudioBuffer Prepare(AudioBuffer audio, string field)
    {
        if (audio.Length == 0)
        {
            throw new InvalidRequestException(field, "must have at least one sample; it has none.");
        }

        if (audio.Channels > 8)
        {
            throw new InvalidRequestException(field, $"must have 1 to 8 channels; it has {FieldText.Of(audio.Channels)}.");
        }

        for (int channel = 0; channel < audio.Channels; channel++)
        {
            int wrong = audio.Channel(channel).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (wrong >= 0)
            {
                throw new InvalidRequestException(field, $"must have finite samples; sample {FieldText.Of(wrong)} of channel {FieldText.Of(channel)} is {FieldText.Of(audio.Channel(channel)[wrong])}.");
            }
        }

        return audio.ToStereo();
    }

    /// <summary>Prepared sound at the model's rate, computed in blocks so that it can be cancelled.</summary>
    public static AudioBuffer Resample(AudioBuffer stereo, CancellationToken cancellationToken)
    {
        if (stereo.SampleRate == LatentFrames.SampleRate)
        {
            return stereo;
        }

        StreamingResampler resampler = new(stereo.SampleRate, LatentFrames.SampleRate, stereo.Channels);
        List<AudioBuffer> blocks = [];
        for (int start = 0; start < stereo.Length; start += BlockLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            blocks.Add(resampler.Push(stereo.Slice(start, Math.Min(BlockLength, stereo.Length - start))));
        }

        blocks.Add(resampler.Finish());
        return AudioBuffer.Concatenate(blocks);
    }

    /// <summary>Encodes stereo at the model's rate: [1, 8, 16, F], F its length in whole latent frames, rounded up.</summary>
    /// <exception cref="NonFiniteResultException">The codec gave numbers that are not finite.</exception>
    public static Tensor Encode(MusicCodec codec, AudioBuffer stereo, ScalarType dtype, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        Tensor samples = tensor(stereo.ToPlanar(), [1, 2, stereo.Length], float32);
        StageProgress stage = new(progress, MusicStage.EncodingSource, codec.EncodeSteps(1, stereo.Length), cancellationToken);
        Tensor latents = codec.Encode(samples, stage, cancellationToken).to(dtype);
        FiniteNumbers.Require(latents, MusicStage.EncodingSource, "codec", codec.Modules);
        return latents.MoveToOuterDisposeScope();
    }
}
