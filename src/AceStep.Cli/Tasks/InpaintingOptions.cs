using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep inpaint</c>.</summary>
internal sealed class InpaintingOptions : TaskOptions
{
    private readonly Option<string?> _source;
    private readonly Option<TimeSpan?> _start;
    private readonly Option<TimeSpan?> _end;
    private readonly Option<Seeds?> _variationSeed;
    private readonly Option<double?> _strength;
    private readonly Option<SourceBlend?> _blend;

    public InpaintingOptions()
        : base("Inpainting", MusicTask.Inpainting)
    {
        _source = Source(nameof(InpaintingRequest.Source));
        _start = Seconds("--start", nameof(InpaintingRequest.Start));
        _end = Seconds("--end", nameof(InpaintingRequest.End));
        _variationSeed = Seeds("--variation-seed", nameof(InpaintingRequest.VariationSeed));
        _strength = Number("--strength", nameof(InpaintingRequest.Strength));
        _blend = Choice<SourceBlend>("--source-blend", nameof(InpaintingRequest.SourceBlend));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep inpaint --source demo.wav --start 4 --end 8 --prompt \"techno, bells\" --strength 0.6 --source-blend original --output fixed.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        InpaintingRequest request = new() { Source = Open(result.GetValue(_source)), End = result.GetValue(_end) ?? TimeSpan.Zero };
        return request with
        {
            Start = result.GetValue(_start) ?? request.Start,
            VariationSeed = result.GetValue(_variationSeed) ?? request.VariationSeed,
            Strength = result.GetValue(_strength) ?? request.Strength,
            SourceBlend = result.GetValue(_blend) ?? request.SourceBlend,
        };
    }
}
