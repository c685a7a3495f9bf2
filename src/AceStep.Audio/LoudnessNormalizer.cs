using System.Numerics.Tensors;
using AceStep.Audio.Analysis;

namespace AceStep.Audio;

/// <summary>Brings sounds to a given loudness by one gain for the whole; dynamics and clipping stay as they are.</summary>
public static class LoudnessNormalizer
{
    /// <summary>What most streaming services play at, in LUFS.</summary>
    public const double DefaultTarget = -14;

    /// <summary>The lowest loudness to ask for, in LUFS: that of the gate, below which nothing is measured.</summary>
    public const double LowestTarget = -70;

    /// <summary>The highest loudness to ask for, in LUFS.</summary>
    public const double HighestTarget = 0;

    /// <summary>Keeps lossy encoders from clipping, in dBTP.</summary>
    public const double DefaultCeiling = -1;

    /// <summary>Scales a sound to a loudness, or as near as the true peak allows.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="target">Integrated loudness in LUFS, -70 to 0; -14 by default.</param>
    /// <param name="ceiling">The highest true peak in dBTP, -20 to 0; -1 by default. Where it would be passed, the gain is lower and the sound quieter than asked for.</param>
    /// <returns>The scaled sound and the gain. Silence, and less than 400 ms of anything, stay as they are.</returns>
    public static NormalizedAudio Normalize(AudioBuffer audio, double target = DefaultTarget, double ceiling = DefaultCeiling)
    {
        ArgumentNullException.ThrowIfNull(audio);
        CheckRange(target, LowestTarget, HighestTarget, nameof(target));
        CheckRange(ceiling, -20, 0, nameof(ceiling));
        double loudness = Loudness.Integrated(audio);
        if (!double.IsFinite(loudness))
        {
            return new NormalizedAudio(audio, 0, false);
        }

        double wanted = target - loudness;
        double allowed = ceiling - AudioAnalysis.Decibels(TruePeak.Of(audio, TruePeak.SamplePeak(audio)));
        double gain = Math.Min(wanted, allowed);
        return new NormalizedAudio(Scale(audio, (float)Math.Pow(10, gain / 20)), gain, allowed < wanted);
    }

    private static AudioBuffer Scale(AudioBuffer audio, float factor)
    {
        float[][] scaled = AudioBuffer.NewPlanar(audio.Channels, audio.Length);
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            TensorPrimitives.Multiply(audio.Channel(channel), factor, scaled[channel]);
        }

        return new AudioBuffer(scaled, audio.SampleRate);
    }

    private static void CheckRange(double value, double lowest, double highest, string name)
    {
        if (!(value >= lowest && value <= highest))
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} must be {lowest} to {highest}."));
        }
    }
}

/// <summary>A sound after <see cref="LoudnessNormalizer"/>.</summary>
/// <param name="Audio">The scaled sound.</param>
/// <param name="Gain">By how much it was scaled, in dB.</param>
/// <param name="IsLimitedByPeak">True where the ceiling kept it below the target.</param>
public sealed record NormalizedAudio(AudioBuffer Audio, double Gain, bool IsLimitedByPeak);
