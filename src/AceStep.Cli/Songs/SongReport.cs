using AceStep.Audio;
using AceStep.Cli.Listening;

namespace AceStep.Cli.Songs;

/// <summary>What became of one song.</summary>
internal sealed record SongReport
{
    public required string File { get; init; }

    public string? Latents { get; init; }

    public required long Seed { get; init; }

    public long? VariationSeed { get; init; }

    /// <summary>The length in seconds.</summary>
    public required double Seconds { get; init; }

    public required int SampleRate { get; init; }

    /// <summary>What the song measures, as it was written.</summary>
    public required SoundReport Sound { get; init; }

    public static SongReport Create(string file, string? latents, Song song, AudioBuffer audio) => new()
    {
        File = file == SongFiles.StandardOutput ? file : Path.GetFullPath(file),
        Latents = latents is null ? null : Path.GetFullPath(latents),
        Seed = song.Seed,
        VariationSeed = song.VariationSeed,
        Seconds = Math.Round(audio.Duration.TotalSeconds, 3),
        SampleRate = audio.SampleRate,
        Sound = SoundReport.Of(audio),
    };
}
