using System.Numerics.Tensors;

namespace AceStep.Audio;

/// <summary>Mixes channels down to two or one.</summary>
internal static class ChannelMix
{
    private const float Minus3dB = 0.70710678f;

    /// <summary>For 3 to 8 channels in the order of WAV files: how much of each goes to the left.</summary>
    private static readonly float[][] Left =
    [
        [1, 0, Minus3dB],
        [1, 0, Minus3dB, 0],
        [1, 0, Minus3dB, Minus3dB, 0],
        [1, 0, Minus3dB, 0, Minus3dB, 0],
        [1, 0, Minus3dB, 0, 0.5f, Minus3dB, 0],
        [1, 0, Minus3dB, 0, Minus3dB, 0, Minus3dB, 0],
    ];

    /// <summary>Which channel stands on the other side: the right is the left's mirror image.</summary>
    private static readonly int[][] Mirror =
    [
        [1, 0, 2],
        [1, 0, 3, 2],
        [1, 0, 2, 4, 3],
        [1, 0, 2, 3, 5, 4],
        [1, 0, 2, 3, 4, 6, 5],
        [1, 0, 2, 3, 5, 4, 7, 6],
    ];

    public static AudioBuffer Mean(AudioBuffer audio)
    {
        var weights = new float[audio.Channels];
        Array.Fill(weights, 1f / audio.Channels);
        return new AudioBuffer([WeightedSum(audio, weights)], audio.SampleRate);
    }

    public static AudioBuffer Stereo(AudioBuffer audio)
    {
        if (audio.Channels == 1)
        {
            float[] samples = audio.Channel(0).ToArray();
            return new AudioBuffer([samples, samples], audio.SampleRate);
        }

        if (audio.Channels > 8)
        {
            throw new NotSupportedException(
                $"Only up to 8 channels have known places to mix to stereo from; this sound has {audio.Channels}. Choose two channels, or use ToMono.");
        }

        float[] left = Left[audio.Channels - 3];
        int[] mirror = Mirror[audio.Channels - 3];
        float total = left.Sum();
        float[] toLeft = [.. left.Select(weight => weight / total)];
        float[] toRight = [.. mirror.Select(channel => left[channel] / total)];
        return new AudioBuffer([WeightedSum(audio, toLeft), WeightedSum(audio, toRight)], audio.SampleRate);
    }

    private static float[] WeightedSum(AudioBuffer audio, ReadOnlySpan<float> weights)
    {
        var sum = new float[audio.Length];
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            if (weights[channel] != 0)
            {
                TensorPrimitives.MultiplyAdd(audio.Channel(channel), weights[channel], sum, sum);
            }
        }

        return sum;
    }
}

/// <summary>Between the planar order of <see cref="AudioBuffer"/> and the interleaved order of files.</summary>
internal static class Interleaving
{
    /// <summary>Spreads whole frames over the channels, from sample <paramref name="position"/> of each on.</summary>
    public static void Split(ReadOnlySpan<float> interleaved, float[][] planar, int position)
    {
        int frames = interleaved.Length / planar.Length;
        for (int channel = 0; channel < planar.Length; channel++)
        {
            Span<float> target = planar[channel].AsSpan(position, frames);
            int source = channel;
            for (int frame = 0; frame < target.Length; frame++, source += planar.Length)
            {
                target[frame] = interleaved[source];
            }
        }
    }

    /// <summary>Fills <paramref name="interleaved"/> with whole frames, from frame <paramref name="position"/> on.</summary>
    public static void Join(AudioBuffer audio, int position, Span<float> interleaved)
    {
        int frames = interleaved.Length / audio.Channels;
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            ReadOnlySpan<float> source = audio.Channel(channel).Slice(position, frames);
            int target = channel;
            for (int frame = 0; frame < source.Length; frame++, target += audio.Channels)
            {
                interleaved[target] = source[frame];
            }
        }
    }
}
