using System.Text.Json;

namespace AceStep.Fuzz.Targets;

/// <summary>Any task's request as JSON, read, checked, written and read again.</summary>
internal sealed class RequestJsonTarget : FuzzTarget
{
    public override string Name => "request-json";

    public override string Reads => "MusicJson: requests of any task, MusicPipeline.Validate";

    public override IReadOnlyList<string> Words =>
    [
        "\"task\":\"text_to_music\"", "\"task\":\"variation\"", "\"task\":\"audio_to_audio\"", "\"task\":\"continuation\"", "\"task\":\"inpainting\"", "\"task\":\"style_transfer\"", "\"task\":\"accompaniment\"",
        "\"prompt\":\"", "\"lyrics\":\"", "\"duration\":", "\"seed\":[1,2]", "\"generation\":{", "\"guidance\":{", "\"scheduler\":\"pingpong\"", "\"source\":{\"audio\":\"", "\"source\":{\"latents\":{\"values\":\"",
        "\"source\":{\"file\":\"", "\"settings\":{", "\"00:00:12.5\"", "UklGRg==", "\\ud800", "1e999", "\"steps\":", "\"kind\":\"cfg_star\"",
    ];

    // A sound is decoded in blocks, and encoded again.
    public override long Buffers => 2 << 20;

    public override void Read(byte[] input)
    {
        MusicRequest request = JsonSerializer.Deserialize<MusicRequest>(input, MusicJson.Options) ?? throw new JsonException("null is no request");
        MusicPipeline.Validate(request);
        string written = JsonSerializer.Serialize(request, MusicJson.Options);
        MusicRequest again = JsonSerializer.Deserialize<MusicRequest>(written, MusicJson.Options)!;
        Require(JsonSerializer.Serialize(again, MusicJson.Options) == written, "a request comes back");
    }

    public override bool IsRefusal(Exception error) => error is JsonException or InvalidRequestException;
}
