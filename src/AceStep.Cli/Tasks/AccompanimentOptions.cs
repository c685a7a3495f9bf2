using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep accompany</c>.</summary>
internal sealed class AccompanimentOptions : TaskOptions
{
    private readonly Option<string?> _source;
    private readonly Option<AccompanimentStyle?> _style;
    private readonly Option<double?> _strength;
    private readonly Option<bool> _keepVocals;

    public AccompanimentOptions()
        : base("Accompaniment", MusicTask.Accompaniment)
    {
        _source = Source(nameof(AccompanimentRequest.Vocals));
        _style = Choice<AccompanimentStyle>("--style", nameof(AccompanimentRequest.Style));
        _strength = Number("--strength", nameof(AccompanimentRequest.Strength));
        _keepVocals = Switch("--keep-vocals", nameof(AccompanimentRequest.KeepVocals));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep accompany --source vocals.wav --style jazz --prompt \"piano, double bass\" --keep-vocals --output band.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        AccompanimentRequest request = new() { Vocals = Open(result.GetValue(_source)) };
        return request with
        {
            Style = result.GetValue(_style) ?? request.Style,
            Strength = result.GetValue(_strength) ?? request.Strength,
            KeepVocals = result.GetValue(_keepVocals),
        };
    }
}
