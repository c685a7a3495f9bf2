using AceStep.Audio.Files;
using AceStep.Audio.Files.Reading;
using AceStep.Audio.Files.SoundFile;
using AceStep.Audio.Files.Wav;

namespace AceStep.Audio;

/// <summary>Reads and writes audio files. All members may be called from any number of threads.</summary>
/// <remarks>Uncompressed WAV needs nothing but this library; all else needs libsndfile, MP3 and Opus its version 1.1 or later.</remarks>
public static class AudioFile
{
    /// <summary>The formats' file extensions; the first of each format is the usual one.</summary>
    private static readonly (string Extension, AudioFormat Format)[] Extensions =
    [
        (".wav", AudioFormat.Wav), (".wave", AudioFormat.Wav), (".rf64", AudioFormat.Wav),
        (".aiff", AudioFormat.Aiff), (".aif", AudioFormat.Aiff), (".aifc", AudioFormat.Aiff),
        (".flac", AudioFormat.Flac),
        (".ogg", AudioFormat.Vorbis), (".oga", AudioFormat.Vorbis),
        (".opus", AudioFormat.Opus),
        (".mp3", AudioFormat.Mp3),
    ];

    /// <summary>The most bytes that are read of a stream that cannot seek, such as a pipe: 1 GiB.</summary>
    public const long MaxStreamLength = 1L << 30;

    /// <summary>Decodes a whole file.</summary>
    /// <exception cref="AudioFormatException">The file is not audio of a known format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AudioBuffer Load(string path)
    {
        using AudioReader reader = OpenRead(path);
        return reader.ReadToEnd();
    }

    /// <summary>Decodes a whole file from a stream, which stays open.</summary>
    /// <exception cref="AudioFormatException">The stream is not audio of a known format, or is damaged.</exception>
    public static AudioBuffer Load(Stream stream)
    {
        using AudioReader reader = OpenRead(stream, leaveOpen: true);
        return reader.ReadToEnd();
    }

    /// <summary>Decodes a whole file, and tells what it says of itself and what was left out.</summary>
    /// <exception cref="AudioFormatException">The file is not audio of a known format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LoadedAudio LoadWithInfo(string path)
    {
        using AudioReader reader = OpenRead(path);
        return new LoadedAudio(reader.ReadToEnd(), reader.Info, reader.Warnings);
    }

    /// <summary>Decodes a whole file from a stream, which stays open, and tells what it says of itself and what was left out.</summary>
    /// <exception cref="AudioFormatException">The stream is not audio of a known format, or is damaged.</exception>
    public static LoadedAudio LoadWithInfo(Stream stream)
    {
        using AudioReader reader = OpenRead(stream, leaveOpen: true);
        return new LoadedAudio(reader.ReadToEnd(), reader.Info, reader.Warnings);
    }

    /// <summary>Says what a file holds without decoding it.</summary>
    /// <exception cref="AudioFormatException">The file is not audio of a known format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AudioFileInfo Probe(string path)
    {
        using AudioReader reader = OpenRead(path);
        return reader.Info;
    }

    /// <summary>Says what a stream, which stays open, holds without decoding it.</summary>
    /// <exception cref="AudioFormatException">The stream is not audio of a known format, or is damaged.</exception>
    public static AudioFileInfo Probe(Stream stream)
    {
        using AudioReader reader = OpenRead(stream, leaveOpen: true);
        return reader.Info;
    }

    /// <summary>Opens a file to be decoded piece by piece. A pipe or a device is read to its end first.</summary>
    /// <exception cref="AudioFormatException">The file is not audio of a known format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AudioReader OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder, not an audio file.");
        }

        return Decoders.Open(File.OpenRead(path), leaveOpen: false, Path.GetFileName(path));
    }

    /// <summary>Opens a stream to be decoded piece by piece, from where it stands.</summary>
    /// <param name="stream">The stream; one that cannot seek is read to its end first, into memory.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the reader is disposed of.</param>
    /// <exception cref="AudioFormatException">The stream is not audio of a known format, is damaged, or cannot seek and has more than <see cref="MaxStreamLength"/> bytes.</exception>
    public static AudioReader OpenRead(Stream stream, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Decoders.Open(stream, leaveOpen, "the stream");
    }

    /// <summary>Writes a sound to a file. The file appears under its name only when it is complete.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="path">The file; one that is there already is replaced.</param>
    /// <param name="format">The format, or null for the one that the extension names.</param>
    /// <param name="options">Encoding, quality and tags; null for the defaults.</param>
    /// <exception cref="ArgumentException">The extension names no format, or the format cannot hold this sound.</exception>
    /// <exception cref="InvalidOperationException">The sound is empty, and the format is neither WAV nor AIFF.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(AudioBuffer audio, string path, AudioFormat? format = null, AudioSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(audio);
        using AudioWriter writer = Create(path, audio.SampleRate, audio.Channels, format, options, audio.Length);
        writer.Write(audio);
        writer.Complete();
    }

    /// <summary>Writes a sound to a stream, which stays open.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="stream">Where to write; it need not be seekable.</param>
    /// <param name="format">The format.</param>
    /// <param name="options">Encoding, quality and tags; null for the defaults.</param>
    /// <exception cref="ArgumentException">The format cannot hold this sound.</exception>
    /// <exception cref="InvalidOperationException">The sound is empty, and the format is neither WAV nor AIFF.</exception>
    public static void Save(AudioBuffer audio, Stream stream, AudioFormat format, AudioSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentNullException.ThrowIfNull(stream);
        IAudioEncoder encoder = NewEncoder(stream, audio.SampleRate, audio.Channels, format, options ?? new AudioSaveOptions(), audio.Length);
        using var writer = new AudioWriter(encoder, format, audio.SampleRate, audio.Channels, null);
        writer.Write(audio);
        writer.Complete();
    }

    /// <summary>Starts a file that is written piece by piece.</summary>
    /// <param name="path">The file; one that is there already is replaced when the new one is complete.</param>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="channels">The number of channels.</param>
    /// <param name="format">The format, or null for the one that the extension names.</param>
    /// <param name="options">Encoding, quality and tags; null for the defaults.</param>
    /// <exception cref="ArgumentException">The extension names no format, or the format cannot hold such a sound.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static AudioWriter Create(
        string path, int sampleRate, int channels, AudioFormat? format = null, AudioSaveOptions? options = null) =>
        Create(path, sampleRate, channels, format, options, length: null);

    /// <summary>The format that a path's extension names.</summary>
    /// <exception cref="ArgumentException">It names none.</exception>
    public static AudioFormat FormatOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string extension = Path.GetExtension(path);
        foreach ((string known, AudioFormat format) in Extensions)
        {
            if (known.Equals(extension, StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        throw new ArgumentException(
            $"'{path}' does not end in an audio format; known are {string.Join(", ", Extensions.Select(known => known.Extension))}.", nameof(path));
    }

    private static AudioWriter Create(
        string path, int sampleRate, int channels, AudioFormat? format, AudioSaveOptions? options, long? length)
    {
        AudioFormat chosen = format ?? FormatOf(path);
        var file = new AtomicFile(path);
        try
        {
            IAudioEncoder encoder = NewEncoder(file.Stream, sampleRate, channels, chosen, options ?? new AudioSaveOptions(), length);
            return new AudioWriter(encoder, chosen, sampleRate, channels, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static IAudioEncoder NewEncoder(
        Stream stream, int sampleRate, int channels, AudioFormat format, AudioSaveOptions options, long? length)
    {
        FormatRules.CheckSave(format, sampleRate, channels, options);
        return format == AudioFormat.Wav
            ? new WavWriter(stream, sampleRate, channels, options, length)
            : new SoundFileWriter(stream, sampleRate, channels, format, options);
    }
}
