using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Deployment;

namespace AceStep.Server.Tests.Http;

/// <summary>What Cog's clients rely on.</summary>
internal sealed class CogTests : ServerFixture
{
    private static readonly JsonObject Short = new() { ["input"] = new JsonObject { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 3 } };
    private static readonly JsonObject Long = new() { ["input"] = new JsonObject { ["audio_duration"] = 240, ["infer_steps"] = 100 } };

    protected override void Configure(AceStepServerOptions options) => options.AllowedPrivateHosts.Add("127.0.0.1");

    [Test]
    public async Task OpenApi_HasTheInputsInTheirOrderWithDefaultsAndRanges()
    {
        JsonElement document = await Host.Client.GetFromJsonAsync<JsonElement>("/openapi.json");

        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        JsonElement inputs = schemas.GetProperty("Input").GetProperty("properties");
        Assert.That(inputs.EnumerateObject().OrderBy(field => field.Value.GetProperty("x-order").GetInt32()).Select(field => field.Name), Is.EqualTo(DeploymentInput.Fields.Select(field => field.Name)));
        JsonElement steps = inputs.GetProperty("infer_steps");
        Assert.That((steps.Text("type"), steps.GetProperty("minimum").GetDouble(), steps.GetProperty("maximum").GetDouble(), steps.GetProperty("default").GetInt32()), Is.EqualTo(("integer", 20.0, 100.0, 60)));
        JsonElement audio = inputs.GetProperty("input_audio");
        Assert.That((audio.Text("type"), audio.Text("format"), audio.GetProperty("nullable").GetBoolean()), Is.EqualTo(("string", "uri", true)));
        JsonElement scheduler = inputs.GetProperty("scheduler_type");
        Assert.That(scheduler.EnumerateObject().Select(member => member.Name), Is.EquivalentTo(new[] { "x-order", "allOf", "description", "default" }), "no title beside choices");
        Assert.That(schemas.GetProperty("scheduler_type").GetProperty("enum").EnumerateArray().Select(name => name.GetString()), Is.EqualTo(new[] { "euler", "heun", "pingpong" }));
        Assert.That(References(document).All(reference => schemas.TryGetProperty(reference["#/components/schemas/".Length..], out _)), Is.True);
    }

    [Test]
    public async Task Post_WithoutABody_MakesASongOfTheDefaults_UnlessTheClientGoes()
    {
        using CancellationTokenSource gone = new(TimeSpan.FromSeconds(1));

        Assert.That(async () => await Host.Client.PostAsync("/predictions", null, gone.Token), Throws.InstanceOf<OperationCanceledException>());

        // Its prediction has gone with it: the slot is free again.
        while ((await Host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status") == "BUSY")
        {
            await Task.Delay(50);
        }

        JsonElement list = await Host.Client.GetFromJsonAsync<JsonElement>("/v1/predictions");
        Assert.That(list.GetProperty("results")[0].Text("status"), Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Post_Synchronously_GivesTheSongAndNothingElseMayRun()
    {
        Task<HttpResponseMessage> running = Host.Client.PostAsJsonAsync("/predictions", Short);
        HttpResponseMessage? busy = null;
        while (!running.IsCompleted && busy is null)
        {
            if ((await Host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status") == "BUSY")
            {
                busy = await Host.Client.PostAsJsonAsync("/predictions", Short);
            }
        }

        JsonElement done = await (await running).ExpectAsync(200);
        Assert.That((done.Text("status"), done.Text("id")[..5]), Is.EqualTo(("succeeded", "pred_")));
        Assert.That(done.Text("output"), Does.StartWith("data:audio/wav;base64,UklGR"));
        Assert.That(done.GetProperty("metrics").GetProperty("predict_time").GetDouble(), Is.GreaterThan(0));
        Assert.That(busy?.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
    }

    [Test]
    public async Task Put_OfARunningId_GivesItsState_AndCancelFreesIt()
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "/predictions/my-own-id") { Content = JsonContent.Create(Long) };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        JsonElement accepted = await (await Host.Client.SendAsync(request)).ExpectAsync(202);
        JsonElement again = await (await Host.Client.PutAsJsonAsync("/predictions/my-own-id", Long)).ExpectAsync(202);
        JsonElement cancelled = await (await Host.Client.PostAsync("/predictions/my-own-id/cancel", null)).ExpectAsync(200);
        HttpResponseMessage unknown = await Host.Client.PostAsync("/predictions/my-own-id/cancel", null);

        Assert.That((accepted.Text("id"), accepted.Text("status")), Is.EqualTo(("my-own-id", "starting")));
        Assert.That((again.Text("id"), again.GetProperty("input").GetProperty("infer_steps").GetInt32()), Is.EqualTo(("my-own-id", 100)));
        Assert.That(cancelled.EnumerateObject(), Is.Empty);
        await unknown.ExpectAsync(404);
    }

    [Test]
    public async Task Put_WithAnotherIdInItsBody_Is422()
    {
        JsonElement problem = await (await Host.Client.PutAsJsonAsync("/predictions/one", new JsonObject { ["id"] = "two" })).ExpectAsync(422);

        JsonElement detail = problem.GetProperty("detail")[0];
        Assert.That(detail.Text("msg"), Is.EqualTo("prediction ID must match the ID supplied in the URL"));
        Assert.That(detail.GetProperty("loc").EnumerateArray().Select(part => part.GetString()), Is.EqualTo(new[] { "body", "id" }));
    }

    [Test]
    public async Task Post_OfWrongInputs_NamesTheirPlace()
    {
        JsonElement problem = await (await Host.Client.PostAsJsonAsync("/predictions", new JsonObject { ["input"] = new JsonObject { ["infer_steps"] = 5 } })).ExpectAsync(422);

        Assert.That(problem.GetProperty("detail")[0].GetProperty("loc").EnumerateArray().Select(part => part.GetString()), Is.EqualTo(new[] { "body", "input", "infer_steps" }));
    }

    [Test]
    public async Task Post_AsEvents_TellsItAll()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/predictions") { Content = JsonContent.Create(Short) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using HttpResponseMessage response = await Host.Client.SendAsync(request);

        string[] names = [.. (await response.Content.ReadAsStringAsync()).Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]).Distinct()];

        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        Assert.That(names, Is.EqualTo(new[] { "start", "log", "output", "completed" }));
    }

    [Test]
    public async Task Events_OfALongPrediction_LastAsLongAsAnybodyReads()
    {
        using HttpResponseMessage first = await StreamAsync(HttpMethod.Put, "/predictions/read-by-two");
        using HttpResponseMessage second = await StreamAsync(HttpMethod.Put, "/predictions/read-by-two");
        using StreamReader reader = new(await second.Content.ReadAsStreamAsync());
        first.Dispose();
        // The second one goes on hearing of it: the first one's going has not ended it.
        int logs = 0;
        while (logs < 5)
        {
            logs += await reader.ReadLineAsync() == "event: log" ? 1 : 0;
        }

        JsonElement running = await (await Host.Client.PutAsJsonAsync("/predictions/read-by-two", Long)).ExpectAsync(202);
        second.Dispose();
        while ((await Host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status") == "BUSY")
        {
            await Task.Delay(50);
        }

        Assert.That(running.Text("status"), Is.EqualTo("processing"));
        Assert.That((await Host.Client.GetFromJsonAsync<JsonElement>("/v1/predictions")).GetProperty("results")[0].Text("status"), Is.EqualTo("canceled"), "nobody reads it any more");
    }

    [Test]
    public async Task Post_OfWrongInputs_IsRefusedByName_WhileAnotherRuns()
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "/predictions/in-the-way") { Content = JsonContent.Create(Long) };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        await (await Host.Client.SendAsync(request)).ExpectAsync(202);

        HttpResponseMessage wrong = await Host.Client.PostAsJsonAsync("/predictions", new JsonObject { ["input"] = new JsonObject { ["infer_steps"] = 5 } });
        HttpResponseMessage right = await Host.Client.PostAsJsonAsync("/predictions", Short);
        await (await Host.Client.PostAsync("/predictions/in-the-way/cancel", null)).ExpectAsync(200);

        await wrong.ExpectAsync(422);
        await right.ExpectAsync(409);
    }

    [Test]
    public async Task Webhook_HearsOfStartLogsOutputAndEnd_AsCogTellsIt()
    {
        await using Listener hook = await Listener.StartAsync();
        JsonNode body = Short.DeepClone();
        body["id"] = "with-a-webhook";
        body["webhook"] = hook.Url + "/hook?job=1";
        using HttpRequestMessage request = new(HttpMethod.Post, "/predictions") { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        await (await Host.Client.SendAsync(request)).ExpectAsync(202);
        while (!hook.Requests.Any(received => Parse(received).Text("status") == "succeeded"))
        {
            await Task.Delay(50);
        }

        JsonElement[] states = [.. hook.Requests.Select(Parse)];
        Assert.That(states.Select(state => state.Text("id")), Has.All.EqualTo("with-a-webhook"));
        Assert.That((states[0].Text("status"), states[0].TryGetProperty("output", out _)), Is.EqualTo(("processing", false)), "the start");
        Assert.That((states[^2].Text("status"), states[^2].Text("output")), Is.EqualTo(("processing", states[^1].Text("output"))), "the output, before the end");
        Assert.That((states[^1].Text("status"), states[^1].GetProperty("metrics").GetProperty("predict_time").GetDouble() > 0), Is.EqualTo(("succeeded", true)));
        Assert.That(states[0].EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "id", "status", "logs", "metrics" }));

        static JsonElement Parse(Received received)
        {
            using JsonDocument document = JsonDocument.Parse(received.Content);
            return document.RootElement.Clone();
        }
    }

    [Test]
    public async Task Root_IsCogsIndex()
    {
        JsonElement index = await Host.Client.GetFromJsonAsync<JsonElement>("/");

        Assert.That(index.Text("predictions_idempotent_url"), Is.EqualTo("/predictions/{prediction_id}"));
        Assert.That(index.Text("healthcheck_url"), Is.EqualTo("/health-check"));
    }

    private async Task<HttpResponseMessage> StreamAsync(HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path) { Content = JsonContent.Create(Long) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return await Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
