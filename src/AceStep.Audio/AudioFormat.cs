using System.Diagnostics.CodeAnalysis;

namespace AceStep.Audio;

/// <summary>The file formats that can be read and written.</summary>
public enum AudioFormat
{
    /// <summary>WAV (.wav), with RF64 for more than 4 GiB; needs no native library unless it is compressed. Wave64 (.w64) is read, too.</summary>
    Wav,

    /// <summary>AIFF (.aiff, .aif).</summary>
    Aiff,

    /// <summary>Sun audio (.au, .snd); has no tags.</summary>
    Au,

    /// <summary>Core Audio (.caf).</summary>
    Caf,

    /// <summary>FLAC (.flac): lossless, 8, 16 or 24 bits.</summary>
    Flac,

    /// <summary>Vorbis in Ogg (.ogg, .oga).</summary>
    Vorbis,

    /// <summary>Opus in Ogg (.opus): 8, 12, 16, 24 or 48 kHz.</summary>
    Opus,

    /// <summary>MPEG layer III (.mp3): one or two channels, 8 to 48 kHz.</summary>
    Mp3,
}

/// <summary>How an uncompressed or lossless file stores a sample.</summary>
public enum SampleEncoding
{
    /// <summary>8-bit integers.</summary>
    Pcm8,

    /// <summary>16-bit integers.</summary>
    Pcm16,

    /// <summary>24-bit integers.</summary>
    Pcm24,

    /// <summary>32-bit integers.</summary>
    Pcm32,

    /// <summary>32-bit floating point: the samples as they are, beyond -1 and 1 too.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The encoding is known by this name.")]
    Float32,

    /// <summary>64-bit floating point.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The encoding is known by this name.")]
    Float64,
}

/// <summary>A file or stream does not hold audio that can be read here. The message names it and says what is wrong.</summary>
public sealed class AudioFormatException : Exception
{
    /// <summary>Without a message.</summary>
    public AudioFormatException()
    {
    }

    /// <summary>With what is wrong and where.</summary>
    public AudioFormatException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and where, and the error that showed it.</summary>
    public AudioFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>How a sound is written to a file.</summary>
public sealed record AudioSaveOptions
{
    /// <summary>
    /// How samples are stored in WAV, AIFF, AU, CAF and FLAC. The default is <see cref="SampleEncoding.Float32"/>, so that
    /// nothing is lost, and <see cref="SampleEncoding.Pcm24"/> for FLAC, which holds only integers. Integer encodings clamp samples beyond -1 and 1 and round to the nearest step.
    /// </summary>
    public SampleEncoding? Encoding { get; init; }

    /// <summary>
    /// Adds triangular noise of two steps' width before rounding to integers, which turns the rounding error of
    /// quiet passages into a steady hiss instead of distortion. Default: off. Has no effect on floating-point
    /// and lossy formats.
    /// </summary>
    public bool Dither { get; init; }

    /// <summary>Seed of the dither's noise: equal seeds give equal files. Default: 0.</summary>
    public long DitherSeed { get; init; }

    /// <summary>
    /// Constant bit rate of MP3 files in kbit/s: 128, 160, 192, 224, 256 or 320 (the default), up to 160 below
    /// 32 kHz. Has no effect where <see cref="Mp3Quality"/> is set.
    /// </summary>
    public int Mp3BitRate { get; init; } = 320;

    /// <summary>
    /// Variable bit rate for MP3 files: 0 (best, about 245 kbit/s) to 9 (smallest, about 65 kbit/s), LAME's
    /// <c>-V</c>. Default: null, which means a constant rate.
    /// </summary>
    public double? Mp3Quality { get; init; }

    /// <summary>Quality of Vorbis files from 0 (about 64 kbit/s) to 10 (about 500 kbit/s), oggenc's <c>-q</c>. Default: 6.</summary>
    public double VorbisQuality { get; init; } = 6;

    /// <summary>Bit rate of Opus files in kbit/s per channel, 6 to 256. Default: 96.</summary>
    public int OpusBitRate { get; init; } = 96;

    /// <summary>The title and comment to write; AU files have no place for them. Default: none.</summary>
    public AudioTags Tags { get; init; } = new();
}
