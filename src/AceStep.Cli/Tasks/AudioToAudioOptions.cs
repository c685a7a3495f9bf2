using System.CommandLine;

namespace AceStep.Cli.Tasks;

/// <summary><c>acestep audio2audio</c>.</summary>
internal sealed class AudioToAudioOptions : TaskOptions
{
    private readonly Option<string?> _source;
    private readonly Option<double?> _strength;

    public AudioToAudioOptions()
        : base("Source", MusicTask.AudioToAudio)
    {
        _source = Source(nameof(AudioToAudioRequest.Source));
        _strength = Number("--strength", nameof(AudioToAudioRequest.Strength));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep audio2audio --source demo.wav --prompt \"piano, calm\" --strength 0.6 --output calm.wav",
    ];

    public override MusicRequest CreateRequest(ParseResult result)
    {
        AudioToAudioRequest request = new() { Source = Open(result.GetValue(_source)) };
        return request with { Strength = result.GetValue(_strength) ?? request.Strength };
    }
}
