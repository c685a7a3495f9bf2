using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AceStep.Server.Tests.Processes;

/// <summary>What was accepted is finished, however often and whenever the server is killed.</summary>
internal sealed class KillTests : FolderFixture
{
    [Test]
    public Task Killed_SixTimes_LosesNothing() => KillAsync(kills: 6, creations: 4, seed: 1);

    [Test]
    [Explicit("takes several minutes")]
    public Task Killed_AHundredTimes_LosesNothing() => KillAsync(kills: 100, creations: 60, seed: 2);

    /// <summary>Creates predictions and uploads, and kills the server at moments of its starting, loading, computing and writing.</summary>
    private async Task KillAsync(int kills, int creations, int seed)
    {
        Random random = new(seed);
        List<string> accepted = [];
        List<string> uploaded = [];
        for (int kill = 0; kill < kills; kill++)
        {
            using ServerProcess server = await ServerProcess.StartAsync(Folder.Path, "--max-deaths", "1000");
            Task end = Task.Delay(random.Next(kill % 3 == 0 ? 6000 : 1500));
            while (!end.IsCompleted)
            {
                if (accepted.Count < (kill + 1) * creations / kills)
                {
                    await TryAsync(async () => accepted.Add(await CreateAsync(server, accepted.Count)));
                }

                await TryAsync(async () => uploaded.Add(await UploadAsync(server)));
                await Task.WhenAny(end, Task.Delay(200));
            }

            server.Kill();
        }

        using ServerProcess last = await ServerProcess.StartAsync(Folder.Path, "--max-deaths", "1000");
        Dictionary<string, JsonElement> ended = [];
        foreach (string id in accepted)
        {
            JsonElement prediction;
            while ((prediction = await last.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}?output=url")).GetProperty("status").GetString() is "starting" or "processing")
            {
                await Task.Delay(100);
            }

            ended[id] = prediction;
        }

        TestContext.Out.WriteLine($"{kills} kills, {accepted.Count} accepted, {ended.Values.Count(prediction => prediction.GetProperty("status").GetString() == "succeeded")} succeeded, {uploaded.Count} uploads");
        Assert.That(accepted, Is.Not.Empty.And.Unique);
        foreach (JsonElement prediction in ended.Values)
        {
            Assert.That(prediction.GetProperty("status").GetString(), Is.EqualTo("succeeded"), prediction.ToString());
            byte[] song = await last.Client.GetByteArrayAsync(prediction.GetProperty("output").GetString());
            Assert.That(song, Has.Length.EqualTo(prediction.GetProperty("song").GetProperty("bytes").GetInt64()), "a song is there whole");
        }

        // The same seed twice: the one that was killed in the middle made the same song as one that was not.
        Assert.That(await Task.WhenAll(ended.Values.Select(prediction => last.Client.GetByteArrayAsync(prediction.GetProperty("output").GetString()))), Has.All.EqualTo(await last.Client.GetByteArrayAsync(ended.Values.First().GetProperty("output").GetString())));
        foreach (string id in uploaded)
        {
            Assert.That((await last.Client.GetAsync($"/v1/files/{id}")).IsSuccessStatusCode, Is.True, "an upload that was answered is there");
        }
    }

    private static async Task<string> CreateAsync(ServerProcess server, int number)
    {
        JsonObject body = new() { ["input"] = new JsonObject { ["prompt"] = "techno, drums", ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 42 } };
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", body);
        Assert.That((int)response.StatusCode, Is.EqualTo(201), $"creation {number}");
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task<string> UploadAsync(ServerProcess server)
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav(0.2)), "content", "a.wav" } };
        using HttpResponseMessage response = await server.Client.PostAsync("/v1/files", form);
        Assert.That((int)response.StatusCode, Is.EqualTo(201));
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>A request under way when the server is killed has no answer, and promises nothing.</summary>
    private static async Task TryAsync(Func<Task> request)
    {
        try
        {
            await request();
        }
        catch (HttpRequestException)
        {
            TestContext.Out.WriteLine("no answer");
        }
    }
}
