using AceStep.Audio;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>A source in the model's form: its latents, and its samples if it is audio.</summary>
/// <param name="Latents">[1, 8, 16, F].</param>
/// <param name="Audio">Stereo at the source's own sample rate, so that kept samples are not resampled twice; null for a source that is latents.</param>
internal sealed record SourceMaterial(Tensor Latents, AudioBuffer? Audio)
{
    /// <summary>Warnings about parts of the source that were left out.</summary>
    public IReadOnlyList<MusicWarning> Warnings { get; init; } = [];

    /// <summary>Samples that are resampled between two checks of the cancellation token: a few seconds of audio.</summary>
    private const int BlockLength = 1 << 18;

    /// <summary>Converts audio to stereo at its own sample rate: mono is doubled, more channels are mixed down.</summary>
    /// <exception cref="InvalidRequestException">There are no samples, too many channels, or samples that are not finite.</exception>
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

    /// <summary>Resamples prepared audio to the model's rate, in blocks so that it can be cancelled.</summary>
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

    /// <summary>Encodes stereo audio at the model's rate to latents, [1, 8, 16, F], where F is its length in latent frames, rounded up.</summary>
    /// <exception cref="NonFiniteResultException">The codec's output has values that are not finite.</exception>
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
