namespace AceStep.Audio;

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
