using System.Security.Cryptography;
using AceStep.Hub;

namespace AceStep.Fuzz.Targets;

/// <summary>
/// What a hub answers, one answer after the other: a list of files, what is known of each, their contents in ranges. An input
/// that begins with "A" answers for the address of a file, others for a repository.
/// </summary>
internal sealed class HubAnswersTarget : FuzzTarget
{
    private readonly string _root = Scratch.Folder("hub-answers");

    public override string Name => "hub-answers";

    public override string Reads => "ModelStore.GetLoraAsync: lists, Content-Range, ETag, Location, Retry-After, contents";

    public override IReadOnlyList<string> Words =>
    [
        "\n===\n", "200\n", "206\n", "302\n", "416\n", "429\n", "Content-Range: bytes 5-9/10\n", "Content-Range: bytes */10\n", "ETag: \"0123\"\n", "ETag: W/\"x\"\n", "X-Linked-Etag: \"", "X-Linked-Size: ", "Location: /x\n",
        "Location: http://example.org/\n", "Retry-After: 0\n", "Content-Encoding: gzip\n", "Content-Length: ", "X-Error-Code: GatedRepo\n", "\"sha\":\"0123456789abcdef0123456789abcdef01234567\"", "\"siblings\":[",
        "{\"rfilename\":\"lora.safetensors\",\"size\":4}", "\"rfilename\":\"adapter_config.json\"", "\"blobId\":\"", "\"lfs\":{\"sha256\":\"", "\\ud800", "../",
    ];

    public override bool UsesOtherThreads => true;

    // The buffers that contents are copied with come from a pool, which may have to make them anew.
    public override long Buffers => 4 << 20;

    public override void Read(byte[] input)
    {
        try
        {
            ReadAsync(input).GetAwaiter().GetResult();
            string[] made = [.. Directory.EnumerateFileSystemEntries(_root).Select(path => Path.GetFileName(path))];
            Require(made.All(name => name is "cache" or "assets"), "nothing is written elsewhere");
        }
        finally
        {
            foreach (string folder in Directory.EnumerateDirectories(_root))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public override bool IsRefusal(Exception error) => error is DownloadException;

    private async Task ReadAsync(byte[] input)
    {
        HubSettings settings = new() { Endpoint = new Uri("https://hub.example"), Cache = Path.Combine(_root, "cache"), Assets = Path.Combine(_root, "assets"), Token = "hf_token" };
        HubTiming timing = new() { FirstPause = TimeSpan.Zero, LongestPause = TimeSpan.Zero, LongestRequestedPause = TimeSpan.Zero, Repetitions = 1, FilesAtOnce = 1, FreeBytes = _ => 1 << 30 };
        using HttpMessageInvoker hub = new(new ScriptedHub(input, settings));
        ModelStore store = new(settings, KnownFiles.Released, timing, DownloadMode.WhenNamed, progress: null, hub);
        string path = await store.GetLoraAsync(input is [(byte)'A', ..] ? "https://files.example/lora.safetensors" : "owner/name");
        Require(File.Exists(path), "what is found is there");
        string blobs = Path.Combine(new HubCache(settings.Cache).Repository("owner/name"), "blobs");
        foreach (string blob in Directory.Exists(blobs) ? Directory.EnumerateFiles(blobs) : [])
        {
            string name = Path.GetFileName(blob);
            Require(Checksum.TryParse(name) is not { } checksum || name.Length != 64 || Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(blob))) == checksum.Digits, "contents are what their name says");
        }
    }

    /// <summary>Gives the answers of an input in their order: a status, headers, a blank line, contents; "===" on a line between two.</summary>
    private sealed class ScriptedHub(byte[] input, HubSettings settings) : HttpMessageHandler
    {
        private ReadOnlyMemory<byte> _rest = input is [(byte)'A', .. var rest] ? rest : input;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Require(request.Headers.Authorization is null || settings.MayCarryToken(request.RequestUri!), "the token goes to the hub alone");
            return Task.FromResult(Next(request));
        }

        private HttpResponseMessage Next(HttpRequestMessage request)
        {
            ReadOnlyMemory<byte> answer = Take("\n===\n"u8, ref _rest);
            ReadOnlyMemory<byte> contents = answer;
            string[] head = InputText.Of(Take("\n\n"u8, ref contents).Span).Split('\n');
            HttpResponseMessage response = new(int.TryParse(head[0], out int status) && status is >= 100 and < 600 ? (System.Net.HttpStatusCode)status : System.Net.HttpStatusCode.NotFound)
            {
                RequestMessage = request,
                Content = new ReadOnlyMemoryContent(request.Method == HttpMethod.Head ? default : contents),
            };
            foreach (string line in head.Skip(1))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                string name = colon < 0 ? "" : line[..colon];
                string value = colon < 0 ? "" : line[(colon + 1)..].Trim();

                // What the client of .NET refuses by itself never gets here.
                if (name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '-') && !value.Any(char.IsControl) && !response.Headers.TryAddWithoutValidation(name, value))
                {
                    response.Content.Headers.TryAddWithoutValidation(name, value);
                }
            }

            return response;
        }

        private static ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> separator, ref ReadOnlyMemory<byte> rest)
        {
            int end = rest.Span.IndexOf(separator);
            ReadOnlyMemory<byte> taken = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + separator.Length)..];
            return taken;
        }
    }
}
