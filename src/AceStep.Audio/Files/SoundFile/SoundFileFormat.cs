namespace AceStep.Audio.Files.SoundFile;

/// <summary>Between our formats and encodings and libsndfile's numbers.</summary>
internal static class SoundFileFormat
{
    private static readonly (SampleEncoding Encoding, int Subtype)[] Subtypes =
    [
        (SampleEncoding.Pcm8, Native.SubtypePcmS8),
        (SampleEncoding.Pcm8, Native.SubtypePcmU8),
        (SampleEncoding.Pcm16, Native.SubtypePcm16),
        (SampleEncoding.Pcm24, Native.SubtypePcm24),
        (SampleEncoding.Pcm32, Native.SubtypePcm32),
        (SampleEncoding.Float32, Native.SubtypeFloat),
        (SampleEncoding.Float64, Native.SubtypeDouble),
    ];

    /// <summary>The format of a number, or null where it is none of ours.</summary>
    public static AudioFormat? FormatOf(int number) => (number & Native.TypeMask, number & Native.SubtypeMask) switch
    {
        (Native.TypeWav or Native.TypeWavExtensible, _) => AudioFormat.Wav,
        (Native.TypeAiff, _) => AudioFormat.Aiff,
        (Native.TypeFlac, _) => AudioFormat.Flac,
        (Native.TypeOgg, Native.SubtypeVorbis) => AudioFormat.Vorbis,
        (Native.TypeOgg, Native.SubtypeOpus) => AudioFormat.Opus,
        (Native.TypeMpeg, >= Native.SubtypeLayer1 and <= Native.SubtypeLayer3) => AudioFormat.Mp3,
        _ => null,
    };

    /// <summary>The encoding of a number, or null where samples are compressed with loss.</summary>
    public static SampleEncoding? EncodingOf(int number)
    {
        int index = Array.FindIndex(Subtypes, entry => entry.Subtype == (number & Native.SubtypeMask));
        return index < 0 ? null : Subtypes[index].Encoding;
    }

    /// <summary>The number to write a format with.</summary>
    public static int NumberOf(AudioFormat format, SampleEncoding? encoding) => format switch
    {
        AudioFormat.Aiff => Native.TypeAiff | SubtypeOf(encoding),
        AudioFormat.Flac => Native.TypeFlac | SubtypeOf(encoding),
        AudioFormat.Vorbis => Native.TypeOgg | Native.SubtypeVorbis,
        AudioFormat.Opus => Native.TypeOgg | Native.SubtypeOpus,
        _ => Native.TypeMpeg | Native.SubtypeLayer3,
    };

    private static int SubtypeOf(SampleEncoding? encoding) => Array.Find(Subtypes, entry => entry.Encoding == encoding).Subtype;
}
