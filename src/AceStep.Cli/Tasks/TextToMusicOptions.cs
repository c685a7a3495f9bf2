using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep generate</c>.</summary>
internal sealed class TextToMusicOptions : TaskOptions
{
    private readonly Option<TimeSpan?> _duration;

    public TextToMusicOptions()
        : base("Length", MusicTask.TextToMusic) => _duration = Seconds("--duration", nameof(TextToMusicRequest.Duration));

    public override IReadOnlyList<string> Examples =>
    [
        "acestep generate --prompt \"techno, 128 bpm, drums, bass\" --output song.wav",
        "acestep generate --prompt \"funk, warm bass\" --lyrics-file words.txt --duration 60 --steps 27 --seed 42 --output song.mp3",
        "acestep generate --prompt \"ambient, pad, bells\" --batch 3 --seed 1,2,3 --output song.flac",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        TextToMusicRequest request = new();
        return request with { Duration = result.GetValue(_duration) ?? request.Duration };
    }
}
