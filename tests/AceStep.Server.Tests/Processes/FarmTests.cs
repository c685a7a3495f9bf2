using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Tests.Processes;

/// <summary>Two front ends and two workers are one server to their clients, whichever of them dies.</summary>
public sealed class FarmTests
{
    private const string Predictions = "/v1/models/acestep/ace-step/predictions";

    private Farm _farm = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _farm = await Farm.StartAsync(["--allow-private", "127.0.0.1", "--creations-per-minute", "0"], ["--allow-private", "127.0.0.1", "--stop-grace", "1"]);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_farm is not null)
        {
            await _farm.DisposeAsync();
        }
    }

    [Test]
    public async Task Conformance_OfReplicatesClient_IsWhole()
    {
        string script = Path.GetFullPath(Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "conformance", "replicate.mjs"));
        if (!File.Exists(script))
        {
            Assert.Ignore($"{script} is not here.");
        }

        using TemporaryFolder folder = new();
        await ReplicateClient.InstallAsync(folder.Path);

        (int exitCode, string output) = await ReplicateClient.RunAsync("node", [script], folder.Path, ("BASE_URL", $"{_farm.Url}/v1"), ("TOKEN", Farm.Token));

        TestContext.Out.WriteLine(output);
        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)), Is.EqualTo(43));
    }

    [Test]
    public async Task Predictions_MadeAtEitherFrontEnd_AreSeenAndHeardAtBoth()
    {
        string id = await CreateAsync(_farm.Fronts[0].Client, Short(1));

        JsonElement there = await EndAsync(_farm.Fronts[1].Client, id);
        byte[] song = await _farm.Fronts[1].Client.GetByteArrayAsync(new Uri(there.GetProperty("song").GetProperty("url").GetString()!).PathAndQuery);
        byte[] same = await _farm.Fronts[0].Client.GetByteArrayAsync(new Uri(there.GetProperty("song").GetProperty("url").GetString()!).PathAndQuery);

        Assert.That(there.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(song, Has.Length.EqualTo(there.GetProperty("song").GetProperty("bytes").GetInt64()));
        Assert.That(same, Is.EqualTo(song));
    }

    [Test]
    public async Task AnUploadAtOneFrontEnd_IsAnInputAtTheOther()
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav(2)), "content", "a.wav" } };
        using HttpResponseMessage uploaded = await _farm.Client.PostAsync("/v1/files", form);
        string address = (await uploaded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("urls").GetProperty("get").GetString()!;

        string id = await CreateAsync(_farm.Client, new JsonObject { ["input"] = new JsonObject { ["task"] = "audio2audio", ["input_audio"] = address, ["infer_steps"] = 20, ["seed"] = 1 } });

        JsonElement ended = await EndAsync(_farm.Client, id);
        Assert.That(ended.GetProperty("status").GetString(), Is.EqualTo("succeeded"), ended.ToString());
    }

    [Test]
    public async Task Events_AtOneFrontEnd_TellWhatIsMadeThroughTheOther()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/events");
        using HttpResponseMessage response = await _farm.Fronts[1].Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        string id = await CreateAsync(_farm.Fronts[0].Client, Short(2));

        HashSet<string> statuses = [];
        bool hasProgress = false;
        while (!statuses.Contains("succeeded"))
        {
            string line = (await events.ReadLineAsync())!;
            if (line.StartsWith("data: ", StringComparison.Ordinal) && JsonSerializer.Deserialize<JsonElement>(line[6..]) is var prediction && prediction.GetProperty("id").GetString() == id)
            {
                statuses.Add(prediction.GetProperty("status").GetString()!);
                hasProgress |= prediction.TryGetProperty("progress", out _);
            }
        }

        Assert.That(statuses, Does.Contain("processing"));
        Assert.That(hasProgress, Is.True);
    }

    [Test]
    public async Task Cancel_AtTheOtherFrontEnd_FreesTheWorker()
    {
        string[] ids = [await CreateAsync(_farm.Fronts[0].Client, Long()), await CreateAsync(_farm.Fronts[0].Client, Long())];
        foreach (string id in ids)
        {
            await UntilAsync(_farm.Fronts[0].Client, id, "processing");
        }

        foreach (string id in ids)
        {
            using HttpResponseMessage cancelled = await _farm.Fronts[1].Client.PostAsync($"/v1/predictions/{id}/cancel", null);
            Assert.That((await cancelled.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString(), Is.EqualTo("canceled"));
        }

        Assert.That((await EndAsync(_farm.Client, await CreateAsync(_farm.Client, Short(3)))).GetProperty("status").GetString(), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task Webhooks_OfTwoFrontEnds_TellEachStateOnce()
    {
        await using HookListener hooks = await HookListener.StartAsync();
        List<string> ids = [];
        for (int number = 0; number < 8; number++)
        {
            JsonObject body = Short(number);
            body["webhook"] = hooks.Url;
            body["webhook_events_filter"] = new JsonArray("start", "completed");
            ids.Add(await CreateAsync(_farm.Fronts[number % 2].Client, body));
        }

        foreach (string id in ids)
        {
            await EndAsync(_farm.Client, id);
        }

        string[] expected = [.. ids.SelectMany(id => (string[])[$"{id}.start", $"{id}.completed"])];
        while (hooks.Ids.Count < expected.Length)
        {
            await Task.Delay(50);
        }

        // Long enough for the other front end to look for what is undelivered, had it been left so.
        await Task.Delay(TimeSpan.FromSeconds(11));
        Assert.That(hooks.Ids, Is.EquivalentTo(expected));
    }

    [Test]
    public async Task AWorkerThatIsTerminated_GivesItsPredictionToTheOther()
    {
        GuardedProcess extra = await _farm.StartWorkerAsync(["--stop-grace", "0"]);
        List<string> ids = [];
        for (int number = 0; number < 3; number++)
        {
            ids.Add(await CreateAsync(_farm.Client, Short(number)));
        }

        await extra.SaysAsync("begins, attempt");
        extra.Terminate();

        foreach (string id in ids)
        {
            JsonElement ended = await EndAsync(_farm.Client, id);
            Assert.That(ended.GetProperty("status").GetString(), Is.EqualTo("succeeded"), ended.ToString());
        }
    }

    [Test]
    public async Task Workers_AreListed_WithDeviceAndCheckpoint()
    {
        JsonElement workers = (await _farm.Client.GetFromJsonAsync<JsonElement>("/v1/workers")).GetProperty("results");

        Assert.That(workers.GetArrayLength(), Is.GreaterThanOrEqualTo(2));
        Assert.That(workers[0].GetProperty("device").GetString(), Is.EqualTo("cpu"));
        Assert.That(workers[0].GetProperty("checkpoint").GetString(), Is.EqualTo("nano"));
    }

    [TestCase("worker", "needs --queue")]
    [TestCase("serve --role api", "needs --queue")]
    [TestCase("serve --role both", "both")]
    [TestCase("worker --queue nats://127.0.0.1:4 --queue-user me", "ACESTEP_QUEUE_PASSWORD")]
    [TestCase("worker --queue nats://127.0.0.1:4 --queue-keep-days 0", "above 0")]
    public async Task ACommand_WithOptionsThatCannotBe_SaysWhyAndEnds(string arguments, string words)
    {
        (int exitCode, string output) = await GuardedProcess.RunAsync(arguments.Split(' '));

        Assert.That(exitCode, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain(words));
    }

    [Test]
    public async Task AWorker_WithoutItsModel_EndsWithAnError()
    {
        using TemporaryFolder folder = new();
        (int exitCode, string output) = await GuardedProcess.RunAsync(["worker", "--queue", _farm.Queue.Url, "--queue-allow-old", "--checkpoint", folder.File("nothing")]);

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("could not be loaded"));
    }

    internal static JsonObject Short(int seed) => new() { ["input"] = new JsonObject { ["prompt"] = "techno", ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = seed } };

    internal static async Task<string> CreateAsync(HttpClient client, JsonObject body)
    {
        using HttpResponseMessage created = await client.PostAsJsonAsync(Predictions, body);
        Assert.That(created.StatusCode, Is.EqualTo(HttpStatusCode.Created), await created.Content.ReadAsStringAsync());
        return (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    internal static async Task<JsonElement> EndAsync(HttpClient client, string id)
    {
        while (true)
        {
            JsonElement prediction = await client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}?output=url");
            if (prediction.GetProperty("status").GetString() is not ("starting" or "processing"))
            {
                return prediction;
            }

            await Task.Delay(50);
        }
    }

    private static JsonObject Long() => new() { ["input"] = new JsonObject { ["audio_duration"] = 240, ["infer_steps"] = 100, ["seed"] = 1 } };

    private static async Task UntilAsync(HttpClient client, string id, string status)
    {
        while ((await client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}?output=url")).GetProperty("status").GetString() != status)
        {
            await Task.Delay(50);
        }
    }
}

/// <summary>Hears webhooks, and keeps their ids.</summary>
internal sealed class HookListener : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<string> _ids = [];

    private HookListener()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/hook", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            lock (_ids)
            {
                _ids.Add(context.Request.Headers["webhook-id"].ToString());
            }
        });
    }

    public string Url => $"{_app.Urls.First()}/hook";

    public IReadOnlyList<string> Ids
    {
        get
        {
            lock (_ids)
            {
                return [.. _ids];
            }
        }
    }

    public static async Task<HookListener> StartAsync()
    {
        HookListener listener = new();
        await listener._app.StartAsync();
        return listener;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
