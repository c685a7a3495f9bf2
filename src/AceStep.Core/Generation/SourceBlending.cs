using AceStep.Audio;

namespace AceStep.Generation;

/// <summary>Puts a source's own samples back where the task kept the source, or mixes them with the result.</summary>
internal static class SourceBlending
{
    /// <summary>Adds the source to the result, sample by sample.</summary>
    public static AudioBuffer Mix(AudioBuffer sound, AudioBuffer source)
    {
        AudioBuffer own = Resampler.Resample(source, sound.SampleRate);
        return Blend(sound, (channel, samples) =>
        {
            ReadOnlySpan<float> vocals = own.Channel(channel);
            for (int i = 0; i < Math.Min(samples.Length, vocals.Length); i++)
            {
                samples[i] += vocals[i];
            }
        });
    }

    /// <summary>The result within a span of frames, the source outside it. The crossfades lie outside the span.</summary>
    public static AudioBuffer KeepOutside(AudioBuffer sound, AudioBuffer source, int start, int end)
    {
        AudioBuffer own = Resampler.Resample(source, sound.SampleRate);
        int fade = Samples(1, sound.SampleRate);
        int from = Samples(start, sound.SampleRate);
        int to = Samples(end, sound.SampleRate);
        return Blend(sound, (channel, samples) =>
        {
            int kept = Math.Min(samples.Length, own.Length);
            Keep(samples[..Math.Min(from, kept)], own.Channel(channel), 0, fade);
            if (to < kept)
            {
                Keep(samples[to..kept], own.Channel(channel)[to..], fade, 0);
            }
        });
    }

    /// <summary>The source, with the result before and after it. The crossfades lie within the source.</summary>
    public static AudioBuffer KeepInside(AudioBuffer sound, AudioBuffer source, int before, int after)
    {
        AudioBuffer own = Resampler.Resample(source, sound.SampleRate);
        int fade = Samples(1, sound.SampleRate);
        int from = Samples(before, sound.SampleRate);
        return Blend(sound, (channel, samples) =>
        {
            int kept = Math.Min(samples.Length - from, own.Length);
            Keep(samples.Slice(from, kept), own.Channel(channel), before > 0 ? fade : 0, after > 0 ? fade : 0);
        });
    }

    /// <summary>
    /// Replaces the result's samples by the source's, with a fade from the result at the start and to it at the end. The two
    /// are nearly the same sound, so the fades keep the amplitude (their weights add up to one) rather than the power.
    /// </summary>
    private static void Keep(Span<float> samples, ReadOnlySpan<float> own, int fadeIn, int fadeOut)
    {
        // The kept part may be shorter than its fades.
        fadeIn = Math.Min(fadeIn, fadeOut > 0 ? samples.Length / 2 : samples.Length);
        fadeOut = Math.Min(fadeOut, fadeIn > 0 ? samples.Length / 2 : samples.Length);
        for (int i = 0; i < samples.Length; i++)
        {
            float weight = 1;
            if (i < fadeIn)
            {
                weight = Smooth((i + 0.5f) / fadeIn);
            }
            else if (samples.Length - i <= fadeOut)
            {
                weight = Smooth((samples.Length - i - 0.5f) / fadeOut);
            }

            samples[i] = weight == 1 ? own[i] : samples[i] + weight * (own[i] - samples[i]);
        }
    }

    /// <summary>A raised cosine, so that the fade begins and ends smoothly.</summary>
    private static float Smooth(float position) => 0.5f - 0.5f * MathF.Cos(MathF.PI * position);

    private static int Samples(int frames, int sampleRate) => (int)((long)frames * LatentFrames.Samples * sampleRate / LatentFrames.SampleRate);

    private static AudioBuffer Blend(AudioBuffer sound, ChannelChange change)
    {
        float[][] channels = [.. Enumerable.Range(0, sound.Channels).Select(channel => sound.Channel(channel).ToArray())];
        for (int channel = 0; channel < channels.Length; channel++)
        {
            change(channel, channels[channel]);
        }

        return AudioBuffer.FromPlanar(channels, sound.SampleRate);
    }

    private delegate void ChannelChange(int channel, Span<float> samples);
}
