using System.Net.Http.Json;
using System.Text.Json;
using AceStep.Server.Tests.Processes;
using Microsoft.Playwright;

[assembly: Parallelizable(ParallelScope.None)]

namespace AceStep.Browser.Tests;

/// <summary>What all tests share: one browser, and one server that has a song.</summary>
[SetUpFixture]
public sealed class Stage
{
    /// <summary>Settings that make the shortest song there is.</summary>
    private static readonly object Shortest = new { prompt = "techno, 128 bpm, drums, bass", audio_duration = 10, infer_steps = 20, seed = 7 };

    private static TemporaryFolder? _folder;
    private static IPlaywright? _playwright;

    /// <summary>Generous, since other tests may have the processors.</summary>
    public const float Patience = 90_000;

    internal static IBrowser Browser { get; private set; } = null!;

    internal static ServerProcess Server { get; private set; } = null!;

    /// <summary>The song that the server has from the beginning, as its API shows it.</summary>
    internal static JsonElement Song { get; private set; }

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        string program = Chromium.Require();
        _folder = new TemporaryFolder();
        Task<ServerProcess> starting = ServerProcess.StartAsync(_folder.File("data"));
        (_playwright, Browser) = await Chromium.StartAsync(program);
        Assertions.SetDefaultExpectTimeout(Patience);
        Server = await starting;
        Song = await MakeAsync(Server, Shortest);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        Server?.Dispose();
        _folder?.Dispose();
    }

    /// <summary>Makes a song by the API and returns it when it is done.</summary>
    internal static async Task<JsonElement> MakeAsync(ServerProcess server, object input)
    {
        using HttpResponseMessage created = await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", new { input });
        string id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        JsonElement song;
        do
        {
            await Task.Delay(50);
            song = await server.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}?output=url");
        }
        while (song.GetProperty("status").GetString() is "starting" or "processing");
        Assert.That(song.GetProperty("status").GetString(), Is.EqualTo("succeeded"), song.ToString());
        return song;
    }
}
