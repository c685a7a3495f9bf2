namespace AceStep.Cli.Tasks;

/// <summary>A few command lines that work for each task, for its help.</summary>
internal static class TaskExamples
{
    private static readonly string[] All =
    [
        "acestep generate --prompt \"techno, 128 bpm, drums, bass\" --output song.wav",
        "acestep generate --prompt \"funk, warm bass\" --lyrics-file words.txt --duration 60 --steps 27 --seed 42 --output song.mp3",
        "acestep generate --prompt \"ambient, pad, bells\" --batch 3 --seed 1,2,3 --output song.flac",
        "acestep vary --prompt \"techno, 128 bpm\" --seed 42 --variation-seed 7 --strength 0.2 --output take.wav",
        "acestep audio2audio --source demo.wav --prompt \"piano, calm\" --strength 0.6 --output calm.wav",
        "acestep continue --source demo.wav --after 20 --prompt \"techno, 128 bpm\" --output longer.wav",
        "acestep continue --source demo.wav --before 5 --after 5 --source-blend original --output framed.wav",
        "acestep inpaint --source demo.wav --start 4 --end 8 --prompt \"techno, bells\" --strength 0.6 --source-blend original --output fixed.wav",
        "acestep restyle --source demo.wav --prompt \"techno, 128 bpm\" --target-prompt \"ballad, piano\" --from 0.2 --output ballad.wav",
        "acestep accompany --source vocals.wav --style jazz --prompt \"piano, double bass\" --keep-vocals --output band.wav",
    ];

    /// <summary>The examples of a command.</summary>
    public static IReadOnlyList<string> Of(string command) => [.. All.Where(example => example.StartsWith($"acestep {command} ", StringComparison.Ordinal))];
}
