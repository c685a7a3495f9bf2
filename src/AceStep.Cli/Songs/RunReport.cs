using System.Diagnostics;
using AceStep.Audio;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Listening;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Songs;

/// <summary>The report of a run: the object that <c>--json</c> writes, and the table at the end.</summary>
internal sealed record RunReport
{
    public required string Command { get; init; }

    /// <summary>The full path of the checkpoint's folder or file.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Whether the songs were made with the small demonstration checkpoint.</summary>
    public required bool IsDemonstration { get; init; }

    public required string Device { get; init; }

    public required string Precision { get; init; }

    public required int Steps { get; init; }

    public required IReadOnlyList<SongReport> Songs { get; init; }

    public required TimingReport Timings { get; init; }

    /// <summary>Seconds of music for each second of generation, without loading and saving.</summary>
    public required double RealTimeFactor { get; init; }

    /// <summary>The process's peak resident memory, including mapped files.</summary>
    public required long PeakMemoryBytes { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public static RunReport Create(
        TaskCapability task, CheckpointChoice checkpoint, MusicPipeline pipeline, MusicResult result, IReadOnlyList<SongReport> songs, TimeSpan loading, TimeSpan saving, IReadOnlyList<string> warnings)
    {
        using Process process = Process.GetCurrentProcess();
        GenerationSettings settings = result.Request.Generation;
        return new RunReport
        {
            Command = task.Command,
            Checkpoint = Path.GetFullPath(pipeline.Checkpoint),
            IsDemonstration = checkpoint.IsDemonstration,
            Device = pipeline.Device,
            Precision = pipeline.Precision.ToString().ToLowerInvariant(),
            Steps = settings.OwnSteps.Count > 0 ? settings.OwnSteps.Count : settings.Steps,
            Songs = songs,
            Timings = TimingReport.Create(result.Timings, loading, saving),
            RealTimeFactor = Math.Round(songs.Sum(song => song.Seconds) / result.Timings.Total.TotalSeconds, 2),
            PeakMemoryBytes = process.PeakWorkingSet64,
            Warnings = warnings,
        };
    }

    public TextTable ToTable()
    {
        TextTable table = new();
        foreach (SongReport song in Songs)
        {
            table.Add("Song", song.File);
            if (song.Latents is not null)
            {
                table.Add("Latents", song.Latents);
            }

            table.Add("Seed", song.VariationSeed is { } variation ? $"{song.Seed}, variation {variation}" : $"{song.Seed}");
            table.Add("Sound", song.Sound.Summary);
        }

        table.Add("Time", string.Join(", ", new (string Name, double Seconds)[]
        {
            ("loading", Timings.Loading), ("source", Timings.Source), ("prompt", Timings.Conditioning), ("denoising", Timings.Denoising), ("decoding", Timings.Decoding), ("saving", Timings.Saving),
        }.Where(part => part.Seconds > 0).Select(part => $"{part.Name} {Amounts.Time(TimeSpan.FromSeconds(part.Seconds))}")));
        table.Add("Speed", $"{RealTimeFactor:0.##} x real time on {Device} in {Precision}");
        table.Add("Peak memory", Amounts.Bytes(PeakMemoryBytes));
        return table;
    }
}

/// <summary>The report of one song.</summary>
internal sealed record SongReport
{
    public required string File { get; init; }

    public string? Latents { get; init; }

    public required long Seed { get; init; }

    public long? VariationSeed { get; init; }

    /// <summary>The length in seconds.</summary>
    public required double Seconds { get; init; }

    public required int SampleRate { get; init; }

    /// <summary>Measurements of the song as it was written.</summary>
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

/// <summary>The times of a run's parts in seconds.</summary>
internal sealed record TimingReport(double Loading, double Source, double Conditioning, double Denoising, double Decoding, double Saving)
{
    public double Total => Math.Round(Loading + Source + Conditioning + Denoising + Decoding + Saving, 3);

    public static TimingReport Create(MusicTimings timings, TimeSpan loading, TimeSpan saving) =>
        new(Round(loading), Round(timings.Source), Round(timings.Conditioning), Round(timings.Denoising), Round(timings.Decoding), Round(saving));

    private static double Round(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
