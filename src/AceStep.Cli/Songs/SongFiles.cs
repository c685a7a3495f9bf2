using AceStep.Audio;

namespace AceStep.Cli.Songs;

/// <summary>The files that a run writes. Several songs have numbers in their names.</summary>
internal sealed class SongFiles
{
    /// <summary>The name of standard output.</summary>
    public const string StandardOutput = "-";

    private readonly AudioFormat _format;
    private readonly SampleEncoding? _encoding;
    private readonly string? _title;

    /// <param name="song">The path of the song; - for standard output.</param>
    /// <param name="latents">The path of its latents; null if they are not saved.</param>
    /// <param name="count">The number of songs.</param>
    /// <param name="format">The songs' format.</param>
    /// <param name="encoding">How samples are stored; null for the format's default.</param>
    /// <param name="title">The songs' title; null for none.</param>
    public SongFiles(string song, string? latents, int count, AudioFormat format, SampleEncoding? encoding, string? title)
    {
        _format = format;
        _encoding = encoding;
        _title = title;
        Songs = Number(song, count);
        Latents = latents is null ? null : Number(latents, count);
    }

    /// <summary>The path of each song.</summary>
    public IReadOnlyList<string> Songs { get; }

    /// <summary>The path of each song's latents; null if they are not saved.</summary>
    public IReadOnlyList<string>? Latents { get; }

    /// <summary>
    /// Checks that the songs can be written, before they are generated, which may take minutes: that the folders exist and
    /// can be written to, that no folder has a file's name, and that the format is available and can store such samples.
    /// </summary>
    /// <param name="sampleRate">The songs' sample rate.</param>
    /// <exception cref="UsageException">The format cannot store such samples.</exception>
    public void RequireWritable(int sampleRate)
    {
        foreach (string path in Songs.Concat(Latents ?? []).Where(path => path != StandardOutput))
        {
            AudioFile.RequireWritable(path);
        }

        try
        {
            AudioFile.Save(AudioBuffer.FromPlanar(new float[2 * sampleRate / 10], 2, sampleRate), new MemoryStream(), _format, Options(new AudioTags()));
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"--output {Songs[0]}: {Failures.WithoutParameter(error)}");
        }
    }

    /// <summary>Writes a song and its latents. Each file appears only when it is complete.</summary>
    /// <param name="index">The song's index in the batch.</param>
    /// <param name="song">The song.</param>
    /// <param name="audio">The audio to write.</param>
    /// <param name="prompt">Its prompt, for the tags.</param>
    /// <param name="model">The checkpoint's name, for the tags.</param>
    public void Save(int index, Song song, AudioBuffer audio, string prompt, string model)
    {
        AudioSaveOptions options = Options(new SongTags { Title = _title, Prompt = prompt, Seed = song.Seed, Model = model }.ToAudioTags());
        if (Songs[index] == StandardOutput)
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(audio.Encode(_format, options));
        }
        else
        {
            AudioFile.Save(audio, Songs[index], _format, options);
        }

        if (Latents is not null)
        {
            song.Latents.Save(Latents[index]);
        }
    }

    private AudioSaveOptions Options(AudioTags tags) => new() { Encoding = _encoding, Tags = tags };

    private static IReadOnlyList<string> Number(string path, int count) => count == 1
        ? [path]
        : [.. Enumerable.Range(1, count).Select(number => Path.ChangeExtension(path, null) + $"-{number}" + Path.GetExtension(path))];
}
