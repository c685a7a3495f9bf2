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
        (".au", AudioFormat.Au), (".snd", AudioFormat.Au),
        (".caf", AudioFormat.Caf),
        (".flac", AudioFormat.Flac),
        (".ogg", AudioFormat.Vorbis), (".oga", AudioFormat.Vorbis),
        (".opus", AudioFormat.Opus),
        (".mp3", AudioFormat.Mp3),
    ];

    /// <summary>Frames between looks at a cancellation token, and between writes to a stream.</summary>
    private const int BlockLength = 1 << 16;

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

    /// <summary>Decodes a whole file from a stream, which stays open and is read by asynchronous reads alone, to its end.</summary>
    /// <exception cref="AudioFormatException">The stream is not audio of a known format, is damaged, or has more than <see cref="MaxStreamLength"/> bytes.</exception>
    public static async Task<LoadedAudio> LoadAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        MemoryStream copy = await Decoders.ReadAllAsync(stream, "the stream", MaxStreamLength, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => LoadWithInfo(copy), cancellationToken).ConfigureAwait(false);
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
    /// <param name="path">The file's path.</param>
    /// <param name="cancellationToken">On Linux ends the wait for a pipe or a device.</param>
    /// <exception cref="AudioFormatException">The file is not audio of a known format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AudioReader OpenRead(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path)
            ? throw new IOException($"{path} is a folder, not an audio file.")
            : Decoders.Open(PatientStream.Open(path, cancellationToken), leaveOpen: false, Path.GetFileName(path));
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

    /// <summary>
    /// Writes a sound to a file, which appears under its name only when it is complete. Of a symbolic link, what it points to is
    /// written; a pipe or a device gets all of the bytes at the end.
    /// </summary>
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
        WriteAll(writer, audio, CancellationToken.None);
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
        using AudioWriter writer = NewWriter(stream, audio, format, options);
        WriteAll(writer, audio, CancellationToken.None);
    }

    /// <summary>The bytes of a sound's file.</summary>
    /// <inheritdoc cref="Save(AudioBuffer, Stream, AudioFormat, AudioSaveOptions?)"/>
    public static byte[] Encode(AudioBuffer audio, AudioFormat format, AudioSaveOptions? options = null)
    {
        using var file = new MemoryStream();
        Save(audio, file, format, options);
        return file.ToArray();
    }

    /// <summary>
    /// As <see cref="Save(AudioBuffer, string, AudioFormat?, AudioSaveOptions?)"/>, on a thread of the pool. When it is cancelled,
    /// nothing is left of the file.
    /// </summary>
    /// <inheritdoc cref="Save(AudioBuffer, string, AudioFormat?, AudioSaveOptions?)"/>
    public static Task SaveAsync(
        AudioBuffer audio, string path, AudioFormat? format = null, AudioSaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(
            () =>
            {
                using AudioWriter writer = Create(path, audio.SampleRate, audio.Channels, format, options, audio.Length);
                WriteAll(writer, audio, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Writes a sound to a stream, which stays open, by asynchronous writes alone: the body of a web server's response will do.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="stream">Where to write; it need not be seekable.</param>
    /// <param name="format">The format. WAV is written as it is made; the others are first made in memory, on a thread of the pool.</param>
    /// <param name="options">Encoding, quality and tags; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the writing midway.</param>
    /// <exception cref="ArgumentException">The format cannot hold this sound.</exception>
    /// <exception cref="InvalidOperationException">The sound is empty, and the format is neither WAV nor AIFF.</exception>
    public static async Task SaveAsync(
        AudioBuffer audio, Stream stream, AudioFormat format, AudioSaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentNullException.ThrowIfNull(stream);
        using var made = new MemoryStream();
        using AudioWriter writer = NewWriter(made, audio, format, options);
        if (format != AudioFormat.Wav)
        {
            await Task.Run(() => WriteAll(writer, audio, cancellationToken), cancellationToken).ConfigureAwait(false);
            await HandOnAsync().ConfigureAwait(false);
            return;
        }

        for (int position = 0; position < audio.Length; position += BlockLength)
        {
            writer.Write(audio, position, Math.Min(BlockLength, audio.Length - position));
            await HandOnAsync().ConfigureAwait(false);
        }

        writer.Complete();
        await HandOnAsync().ConfigureAwait(false);

        async Task HandOnAsync()
        {
            await stream.WriteAsync(made.GetBuffer().AsMemory(0, (int)made.Length), cancellationToken).ConfigureAwait(false);
            made.SetLength(0);
        }
    }

    /// <summary>Refuses a path to which no file can be written, before the time that making a sound takes; leaves nothing there.</summary>
    /// <exception cref="IOException">It is a folder, its folder does not exist, or no file can be made there.</exception>
    public static void RequireWritable(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        OutputFile.RequireWritable(path);
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
        var file = new OutputFile(path);
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

    /// <summary>Writes all of a sound and completes the file.</summary>
    private static void WriteAll(AudioWriter writer, AudioBuffer audio, CancellationToken cancellationToken)
    {
        for (int position = 0; position < audio.Length; position += BlockLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Write(audio, position, Math.Min(BlockLength, audio.Length - position));
        }

        cancellationToken.ThrowIfCancellationRequested();
        writer.Complete();
    }

    /// <summary>A writer of a whole sound to a stream.</summary>
    private static AudioWriter NewWriter(Stream stream, AudioBuffer audio, AudioFormat format, AudioSaveOptions? options)
    {
        IAudioEncoder encoder = NewEncoder(stream, audio.SampleRate, audio.Channels, format, options ?? new AudioSaveOptions(), audio.Length);
        return new AudioWriter(encoder, format, audio.SampleRate, audio.Channels, null);
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
