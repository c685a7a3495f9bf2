namespace AceStep.Audio;

/// <summary>The file formats that can be read and written.</summary>
public enum AudioFormat
{
    /// <summary>WAV (.wav), with RF64 for more than 4 GiB; needs no native library.</summary>
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
