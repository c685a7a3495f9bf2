using System.Text.Json;

namespace AceStep.Server.Tests.Processes;

/// <summary>The server judged by Replicate's official JavaScript client. Skipped where node, npm or the client cannot be had.</summary>
public sealed class NodeTests
{
    private const string Token = "r8_the_token_of_the_tests";

    private TemporaryFolder _folder = null!;
    private ServerProcess? _server;
    private FakeHub? _hub;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryFolder();
        await ReplicateClient.InstallAsync(_folder.Path);
        _hub = await FakeHub.StartAsync();
        _hub.Repositories[DemoLora.Name] = DemoLora.Repository(1);
        (string, string)[] environment = [("HF_ENDPOINT", _hub.Address.AbsoluteUri), ("HF_HOME", _folder.File("hub")), ("HF_HUB_OFFLINE", "")];
        _server = await ServerProcess.StartAsync(_folder.File("data"), environment, "--token", Token, "--allow-private", "127.0.0.1");
        await _server.ReadyAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _server?.Dispose();
        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Test]
    public async Task Conformance_OfReplicatesClient_IsWhole()
    {
        string script = Path.GetFullPath(Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "conformance", "replicate.mjs"));
        if (!File.Exists(script))
        {
            Assert.Ignore($"{script} is not here.");
        }

        (int exitCode, string output) = await RunAsync(script);

        TestContext.Out.WriteLine(output);
        Assert.That(exitCode, Is.Zero, () => output + _server!.Output);
        Assert.That(output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)), Is.EqualTo(43));
    }

    [Test]
    public async Task Guide_EachExample_GivesASong()
    {
        (int exitCode, string output) = await RunAsync(Path.Combine(ReplicateClient.Own, "guide.mjs"), _folder.Path);

        Assert.That(exitCode, Is.Zero, output);
        Dictionary<string, JsonElement> songs = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToDictionary(song => song.GetProperty("name").GetString()!);
        Assert.That(songs.Keys, Is.EqualTo(new[] { "text2music", "lyrics", "continuation", "inpainting", "style_transfer", "audio2audio", "accompaniment", "lora", "variation" }));
        Assert.That(songs.Values.Select(song => song.GetProperty("media").GetString()), Has.All.EqualTo("audio/wav"));
        Assert.That(songs.Values.Select(song => song.GetProperty("rate").GetInt32()), Has.All.EqualTo(44100));
        foreach ((string name, JsonElement song) in songs)
        {
            Assert.That(song.GetProperty("seconds").GetDouble(), Is.EqualTo(name == "continuation" ? 15 : 10).Within(0.3), name);
        }
    }

    private Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        ReplicateClient.RunAsync("node", arguments, _folder.Path, ("BASE_URL", $"{_server!.Url}/v1"), ("TOKEN", Token), ("LORA", DemoLora.Name));
}
