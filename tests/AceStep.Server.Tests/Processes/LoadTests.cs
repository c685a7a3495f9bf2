using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Tests.Http;

namespace AceStep.Server.Tests.Processes;

/// <summary>Many clients at once, good and bad: all of them are answered, and memory stays bounded.</summary>
internal sealed class LoadTests : FolderFixture
{
    private static readonly JsonObject Long = new() { ["input"] = new JsonObject { ["audio_duration"] = 240, ["infer_steps"] = 100, ["seed"] = 1 } };

    [Test]
    public async Task TwoHundredClients_AtOnce_AreAllAnswered()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder.Path);
        await server.ReadyAsync();

        await ServeTwoHundredAsync(server);

        Assert.That(await server.Client.GetStringAsync("/metrics"), Does.Contain("acestep_queue_waiting"));
    }

    [Test]
    public async Task TwoHundredClients_BesideFiveHundredThatSendHalfOfWhatTheyPromise_AreAllAnswered()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder.Path);
        await server.ReadyAsync();
        int port = new Uri(server.Url).Port;
        List<TcpClient> hostile = [];
        try
        {
            for (int number = 0; number < 500; number++)
            {
                TcpClient client = new("127.0.0.1", port);
                hostile.Add(client);
                string half = number % 2 == 0 ? "GET /v1/predictions HTTP/1.1\r\nHost: 127" : "POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(half));
            }

            await ServeTwoHundredAsync(server);
        }
        finally
        {
            hostile.ForEach(client => client.Dispose());
        }
    }

    [Test]
    public async Task LargeBodies_FromManyClientsAtOnce_TakeBoundedMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Memory is read from /proc.");
        }

        const long Bound = 1L << 30;
        using ServerProcess server = await ServerProcess.StartAsync(Folder.Path);
        await server.ReadyAsync();
        long before = server.PeakMemory;
        byte[] body = Encoding.ASCII.GetBytes($$$"""{"input":{"prompt":"{{{new string('x', 30 << 20)}}}"}}""");

        // Two GB of JSON in all.
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            using ByteArrayContent content = new(body) { Headers = { ContentType = new("application/json") } };
            using HttpResponseMessage answer = await server.Client.PostAsync("/v1/models/acestep/ace-step/predictions", content);
            return answer.StatusCode;
        }));

        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak {before >> 20} MiB before, {server.PeakMemory >> 20} MiB after"));
        Assert.That(answers, Has.All.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(server.PeakMemory - before, Is.LessThan(Bound));
    }

    private static async Task ServeTwoHundredAsync(ServerProcess server)
    {
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async client =>
        {
            using HttpClient own = new() { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromMinutes(3) };
            using HttpResponseMessage created = await own.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", Long);
            string id = (await created.Content.ReadFromJsonAsync<JsonElement>()).Text("id");
            using HttpResponseMessage polled = await own.GetAsync($"/v1/predictions/{id}");
            using HttpResponseMessage cancelled = await own.PostAsync($"/v1/predictions/{id}/cancel", null);
            return created.StatusCode == HttpStatusCode.Created && polled.IsSuccessStatusCode ? cancelled.StatusCode : created.StatusCode;
        }));
        Assert.That(answers, Has.All.EqualTo(HttpStatusCode.OK));
    }
}
