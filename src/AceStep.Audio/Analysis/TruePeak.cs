using System.Numerics.Tensors;

namespace AceStep.Audio.Analysis;

/// <summary>The highest level between the samples too, by fourfold oversampling as ITU-R BS.1770-4 asks for.</summary>
internal static class TruePeak
{
    /// <summary>From here on less oversampling, or none, is enough.</summary>
    private const int HighRate = 96_000;
    private const int BlockLength = 1 << 16;

    /// <summary>The largest absolute value, 1 being full scale; never below the largest sample.</summary>
    public static double Of(AudioBuffer audio, double samplePeak)
    {
        int factor = audio.SampleRate < HighRate ? 4 : audio.SampleRate < 2 * HighRate ? 2 : 1;
        double peak = samplePeak;
        if (factor == 1)
        {
            return peak;
        }

        var resampler = new StreamingResampler(audio.SampleRate, factor * audio.SampleRate, audio.Channels);
        for (int position = 0; position < audio.Length; position += BlockLength)
        {
            AudioBuffer block = audio.Slice(position, Math.Min(BlockLength, audio.Length - position));
            peak = Math.Max(peak, SamplePeak(resampler.Push(block)));
        }

        return Math.Max(peak, SamplePeak(resampler.Finish()));
    }

    /// <summary>The largest absolute value of the samples themselves.</summary>
    public static double SamplePeak(AudioBuffer audio)
    {
        float peak = 0;
        for (int channel = 0; channel < audio.Channels && audio.Length > 0; channel++)
        {
            peak = Math.Max(peak, Math.Abs(TensorPrimitives.MaxMagnitude(audio.Channel(channel))));
        }

        return peak;
    }
}
