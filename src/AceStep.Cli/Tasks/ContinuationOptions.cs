using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep continue</c>.</summary>
internal sealed class ContinuationOptions : TaskOptions
{
    private readonly Option<string?> _source;
    private readonly Option<TimeSpan?> _before;
    private readonly Option<TimeSpan?> _after;
    private readonly Option<Seeds?> _variationSeed;
    private readonly Option<double?> _strength;
    private readonly Option<SourceBlend?> _blend;

    public ContinuationOptions()
        : base("Continuation", MusicTask.Continuation)
    {
        _source = Source(nameof(ContinuationRequest.Source));
        _before = Seconds("--before", nameof(ContinuationRequest.Before));
        _after = Seconds("--after", nameof(ContinuationRequest.After));
        _variationSeed = Seeds("--variation-seed", nameof(ContinuationRequest.VariationSeed));
        _strength = Number("--strength", nameof(ContinuationRequest.Strength));
        _blend = Choice<SourceBlend>("--source-blend", nameof(ContinuationRequest.SourceBlend));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep continue --source demo.wav --after 20 --prompt \"techno, 128 bpm\" --output longer.wav",
        "acestep continue --source demo.wav --before 5 --after 5 --source-blend original --output framed.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        ContinuationRequest request = new() { Source = Open(result.GetValue(_source)) };
        return request with
        {
            Before = result.GetValue(_before) ?? request.Before,
            After = result.GetValue(_after) ?? request.After,
            VariationSeed = result.GetValue(_variationSeed) ?? request.VariationSeed,
            Strength = result.GetValue(_strength) ?? request.Strength,
            SourceBlend = result.GetValue(_blend) ?? request.SourceBlend,
        };
    }
}
