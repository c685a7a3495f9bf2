using System.Text;
using Microsoft.AspNetCore.Http;

namespace AceStep.Fuzz.Targets;

/// <summary>A request to the server as it comes over the network: a line with method and address, headers, a blank line, a body.</summary>
internal sealed class HttpTarget : FuzzTarget
{
    private const int LongestAnswer = 1 << 20;

    private readonly Lazy<InProcessServer> _server = new(() => new InProcessServer());

    public override string Name => "http";

    public override string Reads => "every route of the server: JSON, multipart, data: addresses, headers, queries; no request is run";

    public override IReadOnlyList<string> Words =>
    [
        "GET ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "/v1/predictions", "/v1/models/acestep/ace-step/predictions", "/v1/files", "/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa/download", "/v1/outputs/", "/predictions", "/cancel",
        "?cursor=", "?created_after=2026-01-01", "&source=", "?download", "\nContent-Type: application/json\n", "\nContent-Type: multipart/form-data; boundary=x\n", "\nPrefer: wait=5\n", "\nPrefer: respond-async\n",
        "\nIdempotency-Key: k\n", "\nCancel-After: 1h30m\n", "\nAccept: text/event-stream\n", "\nOrigin: http://localhost\n", "\nHost: 127.0.0.1\n", "\nRange: bytes=0-1\n", "\nIf-None-Match: \"x\"\n", "\nAuthorization: Bearer x\n",
        "\nSec-Fetch-Site: cross-site\n", "\nTraceparent: ", "--x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.wav\"\r\n\r\n", "name=\"metadata\"", "name=\"metadata[a]\"", "; filename*=UTF-8''%ff", "--x--",
        "{\"input\":{", "\"version\":\"", "\"webhook\":\"http://127.0.0.1/\"", "\"webhook_events_filter\":[\"completed\"]", "\"input_audio\":\"data:audio/wav;base64,", "\"data:,%00%zz+\"", "\"id\":\"", "\"task\":\"audio2audio\"",
        "\"lora_name_or_path\":\"", "\"seed\":7", "\\ud800", "../", "%2e%2e%2f", "%00",
    ];

    public override bool UsesOtherThreads => true;

    // The server's buffers, the database's, and the document that describes the model.
    public override long Buffers => 4 << 20;

    public override void Read(byte[] input)
    {
        int end = input.AsSpan().IndexOf("\n\n"u8);
        string[] head = InputText.Of(end < 0 ? input : input.AsSpan(0, end)).Split('\n');
        (int status, string? type, byte[] answer) = _server.Value.SendAsync(head, end < 0 ? [] : input[(end + 2)..]).GetAwaiter().GetResult();
        string? fault = _server.Value.TakeFault();
        Require(fault is null, "the server has a fault: " + fault);
        Require(status != StatusCodes.Status500InternalServerError, "no request is the server's fault: " + Encoding.UTF8.GetString(answer));
        Require(answer.Length <= LongestAnswer, "an answer is short where no song is in it");
        if (type?.Contains("json", StringComparison.Ordinal) == true && status != StatusCodes.Status304NotModified && answer.Length > 0)
        {
            System.Text.Json.JsonDocument.Parse(answer).Dispose();
        }

        if (status >= 400)
        {
            throw new BadHttpRequestException("refused", status);
        }
    }

    public override bool IsRefusal(Exception error) => error is BadHttpRequestException;
}
