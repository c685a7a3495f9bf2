using AceStep.Audio;

namespace AceStep;

public sealed partial record Song
{
    /// <summary>What a file says of the song: its prompt and seed, in the comment.</summary>
    public AudioTags Tags => new SongTags { Prompt = Latents.Settings.GetValueOrDefault("prompt"), Seed = Seed }.ToAudioTags();

    /// <summary>Writes the song's sound, with its prompt and seed in the file's tags, whole or not at all.</summary>
    /// <param name="path">The file; one that is there is replaced. Its extension says the format.</param>
    /// <param name="options">How samples are stored. Tags that it has are written instead of <see cref="Tags"/>.</param>
    /// <exception cref="ArgumentException">The extension names no format, or the format cannot hold such samples.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <example>
    /// <code>
    /// result.Songs[0].Save("song.mp3");
    /// </code>
    /// </example>
    public void Save(string path, AudioSaveOptions? options = null) => AudioFile.Save(Audio, path, format: null, WithTags(options));

    private AudioSaveOptions WithTags(AudioSaveOptions? options)
    {
        options ??= new AudioSaveOptions();
        return options.Tags == new AudioTags() ? options with { Tags = Tags } : options;
    }
}
