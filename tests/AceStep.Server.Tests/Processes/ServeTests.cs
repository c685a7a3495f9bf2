using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AceStep.Server.Tests.Processes;

/// <summary>The command: where it listens, what it refuses, how it stops, how many it bears.</summary>
internal sealed class ServeTests : FolderFixture
{
    private static readonly JsonObject Long = new() { ["input"] = new JsonObject { ["audio_duration"] = 240, ["infer_steps"] = 100, ["seed"] = 1 } };
    private static readonly JsonObject Short = new() { ["input"] = new JsonObject { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 1 } };

    [TestCase("--host 0.0.0.0", "needs tokens")]
    [TestCase("--host :: --data x", "needs tokens")]
    [TestCase("--host 0.0.0.0 --no-auth --token t", "cannot be used together")]
    [TestCase("--host example.org", "must be an address")]
    [TestCase("--port 70000", "0 to 65535")]
    [TestCase("--public-url ftp://x", "http or https")]
    public async Task Serve_WithOptionsThatCannotBe_SaysWhyAndEnds(string arguments, string words)
    {
        (int exitCode, string output) = await ServerProcess.RefuseAsync(arguments.Split(' '));

        Assert.That(exitCode, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain(words));
    }

    [Test]
    public async Task Serve_OfAFolderInUse_SaysSo()
    {
        using ServerProcess first = await ServerProcess.StartAsync(Folder.Path);

        (int exitCode, string output) = await ServerProcess.RefuseAsync(["--data", Folder.Path]);

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("in use by another server"));
    }

    [Test]
    public async Task Serve_WithoutACheckpoint_IsUpAndSaysWhatIsWrong()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder.File("data"), "--checkpoint", Folder.File("nothing"));
        await server.ReadyAsync();

        JsonElement health = await server.Client.GetFromJsonAsync<JsonElement>("/health-check");
        HttpResponseMessage created = await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", Short);

        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("SETUP_FAILED"));
        Assert.That(health.GetProperty("setup").GetProperty("logs").GetString(), Does.StartWith("Model not loaded"));
        Assert.That(created.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), Does.StartWith("Model not loaded"));
    }

    [Test]
    public async Task Terminated_WhileItRuns_PutsThePredictionBackAndTheNextServerEndsIt()
    {
        string id;
        using (ServerProcess server = await ServerProcess.StartAsync(Folder.Path, "--stop-grace", "1"))
        {
            await server.ReadyAsync();
            id = (await (await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", Long)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
            await StatusAsync(server, id, "processing");
            Task<HttpResponseMessage> waiting = WaitAsync(server);
            while ((await server.Client.GetFromJsonAsync<JsonElement>("/v1/predictions")).GetProperty("results").GetArrayLength() < 2)
            {
                await Task.Delay(50);
            }

            server.Terminate();

            Assert.That(await server.ExitAsync(), Is.Zero, server.Output);
            JsonElement answered = await (await waiting).Content.ReadFromJsonAsync<JsonElement>();
            Assert.That(answered.GetProperty("status").GetString(), Is.EqualTo("starting"), "who waits is told to ask again");
        }

        using ServerProcess next = await ServerProcess.StartAsync(Folder.Path);
        await next.ReadyAsync();
        await StatusAsync(next, id, "processing");
        using HttpResponseMessage cancelled = await next.Client.PostAsync($"/v1/predictions/{id}/cancel", null);
        Assert.That((await cancelled.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString(), Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Shutdown_ByCog_EndsTheProcess()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder.Path, "--await-explicit-shutdown", "true");

        server.Terminate();
        using HttpResponseMessage answer = await server.Client.PostAsync("/shutdown", null);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), "SIGTERM was left alone");
        Assert.That(await server.ExitAsync(), Is.Zero, server.Output);
    }

    private static async Task StatusAsync(ServerProcess server, string id, string status)
    {
        while ((await server.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}")).GetProperty("status").GetString() != status)
        {
            await Task.Delay(50);
        }
    }

    private static Task<HttpResponseMessage> WaitAsync(ServerProcess server)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = JsonContent.Create(Short) };
        request.Headers.TryAddWithoutValidation("Prefer", "wait");
        return server.Client.SendAsync(request);
    }
}
