using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep restyle</c>. Its guidance is always APG, so of the guidance options it has the scale alone.</summary>
internal sealed class StyleTransferOptions : TaskOptions
{
    private readonly Option<string?> _source;
    private readonly Option<string?> _targetPrompt;
    private readonly Option<string?> _targetLyrics;
    private readonly Option<double?> _from;
    private readonly Option<double?> _to;
    private readonly Option<int?> _average;
    private readonly Option<double?> _guidanceScale;
    private readonly Option<Seeds?> _variationSeed;

    public StyleTransferOptions()
        : base("Style transfer", MusicTask.StyleTransfer)
    {
        _source = Source(nameof(StyleTransferRequest.Source));
        _targetPrompt = Text("--target-prompt", nameof(StyleTransferRequest.TargetPrompt), "TEXT");
        _targetLyrics = Text("--target-lyrics", nameof(StyleTransferRequest.TargetLyrics), "TEXT");
        _from = Number("--from", nameof(StyleTransferRequest.From));
        _to = Number("--to", nameof(StyleTransferRequest.To));
        _average = WholeNumber("--average", nameof(StyleTransferRequest.Average));
        _variationSeed = Seeds("--variation-seed", nameof(StyleTransferRequest.VariationSeed));
        _guidanceScale = Number("--guidance-scale", nameof(StyleTransferRequest.GuidanceScale));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep restyle --source demo.wav --prompt \"techno, 128 bpm\" --target-prompt \"ballad, piano\" --from 0.2 --output ballad.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        StyleTransferRequest request = new() { Source = Open(result.GetValue(_source)) };
        return request with
        {
            TargetPrompt = result.GetValue(_targetPrompt) ?? request.TargetPrompt,
            TargetLyrics = result.GetValue(_targetLyrics) ?? request.TargetLyrics,
            From = result.GetValue(_from) ?? request.From,
            To = result.GetValue(_to) ?? request.To,
            Average = result.GetValue(_average) ?? request.Average,
            VariationSeed = result.GetValue(_variationSeed) ?? request.VariationSeed,
            GuidanceScale = result.GetValue(_guidanceScale) ?? request.GuidanceScale,
        };
    }
}
