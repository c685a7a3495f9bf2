using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;
using AceStep.Server.Queue;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>Predictions from the request to the song, with the model.</summary>
internal sealed class PredictionTests : ServerFixture
{
    private static readonly JsonObject Short = new() { ["prompt"] = "techno, 128 bpm, drums", ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 7 };
    private static readonly JsonObject Long = new() { ["prompt"] = "ambient", ["audio_duration"] = 240, ["infer_steps"] = 100 };

    protected override void Configure(AceStepServerOptions options) => options.AllowedPrivateHosts.Add("127.0.0.1");

    [Test]
    public async Task Create_AndWait_GivesTheSongThatTheLibraryMakes()
    {
        JsonElement prediction = await (await Host.CreateAsync(Short.DeepClone(), ("Prefer", "wait"))).ExpectAsync(201);
        prediction = await Host.EndOfAsync(prediction.Text("id"));

        Assert.That(prediction.Text("status"), Is.EqualTo("succeeded"));
        Assert.That(prediction.Text("output"), Does.StartWith("data:audio/wav;base64,"));
        AudioBuffer served = AudioFile.Load(new MemoryStream(Convert.FromBase64String(prediction.Text("output").Split(',')[1])));
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(Host.Options.Checkpoint);
        MusicResult made = await pipeline.TextToMusicAsync(new TextToMusicRequest
        {
            Prompt = "techno, 128 bpm, drums",
            Duration = TimeSpan.FromSeconds(10),
            Seed = 7,
            Generation = new GenerationSettings { Steps = 20 },
        });
        using MemoryStream file = new();
        AudioFile.Save(made.Songs[0].Audio, file, AudioFormat.Wav, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
        file.Position = 0;
        Assert.That(served.ToInterleaved(), Is.EqualTo(AudioFile.Load(file).ToInterleaved()));
        Assert.That(prediction.GetProperty("song").GetProperty("seed").GetInt64(), Is.EqualTo(7));
    }

    [Test]
    public async Task Create_WithUnknownInputs_DropsThem()
    {
        JsonNode input = Long.DeepClone();
        input["auth"] = "r8_a_clients_own_secret";
        input["prompt"] = null;

        JsonElement prediction = await (await Host.CreateAsync(input)).ExpectAsync(201);

        Assert.That(prediction.GetProperty("input").EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "audio_duration", "infer_steps" }));
        await CancelAsync(prediction.Text("id"));
        await using FileStream database = new(Path.Combine(Host.Options.DataFolder, "predictions.db-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(database, System.Text.Encoding.Latin1);
        Assert.That(await reader.ReadToEndAsync(), Does.Not.Contain("r8_a_clients_own_secret"));
    }

    [Test]
    public async Task Create_Again_WithTheSameKey_IsTheSamePrediction()
    {
        string key = Guid.NewGuid().ToString();
        JsonElement first = await (await Host.CreateAsync(Long.DeepClone(), ("Idempotency-Key", key))).ExpectAsync(201);
        JsonElement second = await (await Host.CreateAsync(Long.DeepClone(), ("Idempotency-Key", key))).ExpectAsync(201);
        HttpResponseMessage other = await Host.CreateAsync(Short.DeepClone(), ("Idempotency-Key", key));
        await CancelAsync(first.Text("id"));

        Assert.That(second.Text("id"), Is.EqualTo(first.Text("id")));
        Assert.That((await other.ExpectAsync(422)).Text("detail"), Does.Contain("Idempotency-Key"));
    }

    [Test]
    public async Task Create_WithADeadline_IsCancelledWhenItHasCome()
    {
        JsonElement blocking = await (await Host.CreateAsync(Long.DeepClone())).ExpectAsync(201);
        JsonElement prediction = await (await Host.CreateAsync(Long.DeepClone(), ("Cancel-After", "5s"))).ExpectAsync(201);

        JsonElement ended = await Host.EndOfAsync(prediction.Text("id"));

        await CancelAsync(blocking.Text("id"));
        Assert.That(ended.Text("status"), Is.EqualTo("canceled"), "Replicate's clients do not know \"aborted\"");
        Assert.That(ended.GetProperty("deadline").GetDateTimeOffset() - ended.GetProperty("created_at").GetDateTimeOffset(), Is.EqualTo(TimeSpan.FromSeconds(5)).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task Delete_OfASong_RemovesItFromEverywhere()
    {
        using HttpResponseMessage heard = await Host.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await heard.Content.ReadAsStreamAsync());
        string id = (await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201)).Text("id");
        JsonElement made = await Host.EndOfAsync(id);
        string[] addresses = [$"/v1/predictions/{id}", made.GetProperty("song").Text("url"), made.GetProperty("urls").Text("stream")];
        foreach (string address in addresses)
        {
            using HttpResponseMessage before = await Host.Client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            Assert.That(before.IsSuccessStatusCode, Is.True, address);
        }

        using HttpResponseMessage deleted = await Host.Client.DeleteAsync($"/v1/predictions/{id}");

        Assert.That((deleted.StatusCode, await deleted.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.NoContent, "")));
        foreach (string address in addresses)
        {
            Assert.That((await Host.Client.GetAsync(address)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), address);
        }

        Assert.That((await Host.Client.GetFromJsonAsync<JsonElement>("/v1/predictions")).ToString(), Does.Not.Contain(id));
        Assert.That(Directory.GetFiles(Host.Options.DataFolder, $"*{id}*", SearchOption.AllDirectories), Is.Empty);
        await (await Host.Client.DeleteAsync($"/v1/predictions/{id}")).ExpectAsync(404);
        await (await Host.Client.PostAsync($"/v1/predictions/{id}/cancel", null)).ExpectAsync(404);
        while (await events.ReadLineAsync() is var line && line != $$"""data: {"id":"{{id}}"}""")
        {
            Assert.That(line, Is.Not.Null);
        }
    }

    [Test]
    public async Task Delete_OfASongInOtherFormats_TakesTheirFilesToo()
    {
        if (!AudioLibrary.IsAvailable)
        {
            Assert.Ignore("libsndfile is not installed.");
        }

        string folder = Path.Combine(Host.Options.DataFolder, "encoded");
        string id = (await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201)).Text("id");
        string url = (await Host.EndOfAsync(id)).GetProperty("song").Text("url");
        int before = Directory.Exists(folder) ? Directory.GetFiles(folder).Length : 0;
        await Host.Client.GetByteArrayAsync(Path.ChangeExtension(url, "flac"));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(before + 1));

        using HttpResponseMessage deleted = await Host.Client.DeleteAsync($"/v1/predictions/{id}");

        while (Directory.GetFiles(folder).Length > before)
        {
            await Task.Delay(20);
        }
    }

    [Test]
    public async Task Delete_OfOneThatRuns_LetsTheNextOneRun_AndAnswersWhoWaits()
    {
        Task<HttpResponseMessage> waiting = Host.CreateAsync(Long.DeepClone(), ("Prefer", "wait=60"));
        string? id = null;
        while (id is null)
        {
            JsonElement list = await Host.Client.GetFromJsonAsync<JsonElement>("/v1/predictions");
            id = list.GetProperty("results").EnumerateArray().Where(prediction => prediction.Text("status") == "processing").Select(prediction => prediction.Text("id")).FirstOrDefault();
        }

        using HttpResponseMessage deleted = await Host.Client.DeleteAsync($"/v1/predictions/{id}");
        string next = (await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201)).Text("id");

        Assert.That((await (await waiting).ExpectAsync(201)).Text("status"), Is.EqualTo("canceled"));
        Assert.That((await Host.EndOfAsync(next)).Text("status"), Is.EqualTo("succeeded"));
        await (await Host.Client.GetAsync($"/v1/predictions/{id}")).ExpectAsync(404);
    }

    [Test]
    public async Task Stream_OfASongThatWasRemoved_EndsWithoutIt()
    {
        string id = (await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201)).Text("id");
        string stream = (await Host.EndOfAsync(id)).GetProperty("urls").Text("stream");
        await Host.Services.GetRequiredService<IPredictionQueue>().RemoveDataAsync(id);

        string events = await Host.Client.GetStringAsync(stream);

        Assert.That(events, Does.Contain("event: output\n").And.Contain("event: done\n").And.Not.Contain("base64"));
    }

    [Test]
    public async Task Queued_Predictions_SayHowManyAreAhead()
    {
        string[] ids = new string[3];
        for (int number = 0; number < ids.Length; number++)
        {
            ids[number] = (await (await Host.CreateAsync(Long.DeepClone())).ExpectAsync(201)).Text("id");
        }

        JsonElement last = await Host.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{ids[2]}");
        foreach (string id in ids.Reverse())
        {
            await CancelAsync(id);
        }

        Assert.That(last.GetProperty("queue").GetProperty("ahead").GetInt32(), Is.EqualTo(2));
    }

    [TestCase("wav", "audio/wav")]
    [TestCase("mp3", "audio/mpeg")]
    [TestCase("flac", "audio/flac")]
    public async Task Song_ByItsAddress_ComesInEachFormat_WithoutAToken(string format, string type)
    {
        if (!AudioLibrary.IsAvailable)
        {
            Assert.Ignore("libsndfile is not installed.");
        }

        JsonElement prediction = await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201);
        string url = (await Host.EndOfAsync(prediction.Text("id"))).GetProperty("song").Text("url");
        using HttpClient stranger = new();

        HttpResponseMessage response = await stranger.GetAsync(Path.ChangeExtension(url, format));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo(type));
        Assert.That(AudioFile.Load(new MemoryStream(await response.Content.ReadAsByteArrayAsync())).Duration.TotalSeconds, Is.EqualTo(10).Within(0.2));
        using HttpRequestMessage range = new(HttpMethod.Get, url);
        range.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(0, 3);
        HttpResponseMessage part = await stranger.SendAsync(range);
        Assert.That((part.StatusCode, await part.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.PartialContent, "RIFF")));
    }

    [Test]
    public async Task Source_FromTheServersOwnSong_IsReadInside()
    {
        JsonElement first = await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201);
        JsonNode input = Short.DeepClone();
        input["task"] = "audio2audio";
        input["input_audio"] = (await Host.EndOfAsync(first.Text("id"))).GetProperty("song").Text("url");

        JsonElement second = await (await Host.CreateAsync(input)).ExpectAsync(201);

        Assert.That((await Host.EndOfAsync(second.Text("id"))).Text("status"), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task Source_ThatCannotBeFetched_FailsThePredictionWithWords()
    {
        JsonNode input = Short.DeepClone();
        input["task"] = "audio2audio";
        input["input_audio"] = "http://127.0.0.1:9/nothing.wav";

        JsonElement prediction = await (await Host.CreateAsync(input)).ExpectAsync(201);
        JsonElement ended = await Host.EndOfAsync(prediction.Text("id"));

        Assert.That(ended.Text("status"), Is.EqualTo("failed"));
        Assert.That(ended.Text("error"), Does.StartWith("The source cannot be used"));
        Assert.That(ended.GetProperty("output").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Events_TellOfEachPrediction()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/events");
        using HttpResponseMessage response = await Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        JsonElement prediction = await (await Host.CreateAsync(Short.DeepClone())).ExpectAsync(201);
        List<string> states = [];
        while (states.LastOrDefault() != "succeeded")
        {
            if ((await events.ReadLineAsync())!.Split("data: ") is ["", var data] && JsonDocument.Parse(data).RootElement is var state && state.Text("id") == prediction.Text("id") && state.Text("status") != states.LastOrDefault())
            {
                states.Add(state.Text("status"));
            }
        }

        Assert.That(states, Is.EqualTo(new[] { "starting", "processing", "succeeded" }).Or.EqualTo(new[] { "processing", "succeeded" }));
    }

    [Test]
    public async Task List_BeyondAPage_HasANextAddress()
    {
        string[] created = await Task.WhenAll(Enumerable.Range(0, 120).Select(async _ => (await (await Host.CreateAsync(Long.DeepClone())).ExpectAsync(201)).Text("id")));
        List<string> ids = [];
        string? url = $"{Host.Url}/v1/predictions";
        while (url is not null)
        {
            JsonElement page = await Host.Client.GetFromJsonAsync<JsonElement>(url);
            ids.AddRange(page.GetProperty("results").EnumerateArray().Select(item => item.Text("id")));
            url = page.GetProperty("next").GetString();
        }

        await Task.WhenAll(created.Select(CancelAsync));
        Assert.That(ids, Is.Unique.And.SupersetOf(created));
    }

    private async Task CancelAsync(string id) => await (await Host.Client.PostAsync($"/v1/predictions/{id}/cancel", null)).ExpectAsync(200);
}
