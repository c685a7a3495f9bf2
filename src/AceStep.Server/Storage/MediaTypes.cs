using AceStep.Audio;

namespace AceStep.Server.Storage;

/// <summary>Formats of audio as HTTP names them.</summary>
internal static class MediaTypes
{
    private static readonly (AudioFormat Format, string Type, string Extension)[] Types =
    [
        (AudioFormat.Wav, "audio/wav", "wav"),
        (AudioFormat.Mp3, "audio/mpeg", "mp3"),
        (AudioFormat.Vorbis, "audio/ogg", "ogg"),
        (AudioFormat.Flac, "audio/flac", "flac"),
        (AudioFormat.Opus, "audio/ogg", "opus"),
        (AudioFormat.Aiff, "audio/aiff", "aiff"),
        (AudioFormat.Au, "audio/basic", "au"),
        (AudioFormat.Caf, "audio/x-caf", "caf"),
    ];

    public static string Of(AudioFormat format) => Types.First(type => type.Format == format).Type;

    public static string ExtensionOf(AudioFormat format) => Types.First(type => type.Format == format).Extension;

    /// <summary>The format of an extension; null for an unknown one.</summary>
    public static AudioFormat? FormatOf(string extension) => Types.Where(type => type.Extension == extension).Select(type => (AudioFormat?)type.Format).FirstOrDefault();
}
