using System.Diagnostics.CodeAnalysis;

namespace AceStep.Audio;

/// <summary>The file formats that can be read and written.</summary>
public enum AudioFormat
{
    /// <summary>WAV (.wav), with RF64 for more than 4 GiB; needs no native library unless it is compressed.</summary>
    Wav,

    /// <summary>AIFF (.aiff, .aif).</summary>
    Aiff,

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
