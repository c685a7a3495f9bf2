namespace AceStep.Audio.Files.SoundFile;

/// <summary>
/// Vorbis and Opus have the centre before the right and the low frequencies last; buffers are in the order of
/// WAV files. FLAC's order is WAV's.
/// </summary>
internal static class ChannelOrder
{
    /// <summary>For 3 to 8 channels of Vorbis or Opus: which channel of a buffer each channel of the file is.</summary>
    private static readonly int[][] Vorbis =
    [
        [0, 2, 1],
        [0, 1, 2, 3],
        [0, 2, 1, 3, 4],
        [0, 2, 1, 4, 5, 3],
        [0, 2, 1, 5, 6, 4, 3],
        [0, 2, 1, 6, 7, 4, 5, 3],
    ];

    /// <summary>From a file's order to a buffer's, in place.</summary>
    public static void FromFile(AudioFormat format, Span<float> interleaved, int channels) => Reorder(format, interleaved, channels, toFile: false);

    /// <summary>From a buffer's order to a file's, in place.</summary>
    public static void ToFile(AudioFormat format, Span<float> interleaved, int channels) => Reorder(format, interleaved, channels, toFile: true);

    private static void Reorder(AudioFormat format, Span<float> interleaved, int channels, bool toFile)
    {
        if (format is not (AudioFormat.Vorbis or AudioFormat.Opus) || channels is < 3 or > 8)
        {
            return;
        }

        int[] order = Vorbis[channels - 3];
        Span<float> frame = stackalloc float[channels];
        for (int start = 0; start < interleaved.Length; start += channels)
        {
            Span<float> samples = interleaved.Slice(start, channels);
            samples.CopyTo(frame);
            for (int i = 0; i < order.Length; i++)
            {
                if (toFile)
                {
                    samples[i] = frame[order[i]];
                }
                else
                {
                    samples[order[i]] = frame[i];
                }
            }
        }
    }
}
