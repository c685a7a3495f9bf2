using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep vary</c>.</summary>
internal sealed class VariationOptions : TaskOptions
{
    private readonly Option<TimeSpan?> _duration;
    private readonly Option<Seeds?> _variationSeed;
    private readonly Option<double?> _strength;

    public VariationOptions()
        : base("Variation", MusicTask.Variation)
    {
        _duration = Seconds("--duration", nameof(VariationRequest.Duration));
        _variationSeed = Seeds("--variation-seed", nameof(VariationRequest.VariationSeed));
        _strength = Number("--strength", nameof(VariationRequest.Strength));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep vary --prompt \"techno, 128 bpm\" --seed 42 --variation-seed 7 --strength 0.2 --output take.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        VariationRequest request = new();
        return request with
        {
            Duration = result.GetValue(_duration) ?? request.Duration,
            VariationSeed = result.GetValue(_variationSeed) ?? request.VariationSeed,
            Strength = result.GetValue(_strength) ?? request.Strength,
        };
    }
}
