using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Deployment;

namespace AceStep.Server.Tests.Http;

/// <summary>What Cog's clients rely on.</summary>
public sealed class CogTests
{
    private static readonly JsonObject Short = new() { ["input"] = new JsonObject { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 3 } };
    private static readonly JsonObject Long = new() { ["input"] = new JsonObject { ["audio_duration"] = 240, ["infer_steps"] = 100 } };

    private ServerHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await (await ServerHost.StartAsync()).ReadyAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task OpenApi_HasTheInputsInTheirOrderWithDefaultsAndRanges()
    {
        JsonElement document = await _host.Client.GetFromJsonAsync<JsonElement>("/openapi.json");

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

        Assert.That(async () => await _host.Client.PostAsync("/predictions", null, gone.Token), Throws.InstanceOf<OperationCanceledException>());

        // Its prediction has gone with it: the slot is free again.
        while ((await _host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status") == "BUSY")
        {
            await Task.Delay(50);
        }

        JsonElement list = await _host.Client.GetFromJsonAsync<JsonElement>("/v1/predictions");
        Assert.That(list.GetProperty("results")[0].Text("status"), Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Post_Synchronously_GivesTheSongAndNothingElseMayRun()
    {
        Task<HttpResponseMessage> running = _host.Client.PostAsJsonAsync("/predictions", Short);
        HttpResponseMessage? busy = null;
        while (!running.IsCompleted && busy is null)
        {
            if ((await _host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status") == "BUSY")
            {
                busy = await _host.Client.PostAsJsonAsync("/predictions", Short);
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
        JsonElement accepted = await (await _host.Client.SendAsync(request)).ExpectAsync(202);
        JsonElement again = await (await _host.Client.PutAsJsonAsync("/predictions/my-own-id", Long)).ExpectAsync(202);
        JsonElement cancelled = await (await _host.Client.PostAsync("/predictions/my-own-id/cancel", null)).ExpectAsync(200);
        HttpResponseMessage unknown = await _host.Client.PostAsync("/predictions/my-own-id/cancel", null);

        Assert.That((accepted.Text("id"), accepted.Text("status")), Is.EqualTo(("my-own-id", "starting")));
        Assert.That((again.Text("id"), again.GetProperty("input").GetProperty("infer_steps").GetInt32()), Is.EqualTo(("my-own-id", 100)));
        Assert.That(cancelled.EnumerateObject(), Is.Empty);
        await unknown.ExpectAsync(404);
    }

    [Test]
    public async Task Put_WithAnotherIdInItsBody_Is422()
    {
        JsonElement problem = await (await _host.Client.PutAsJsonAsync("/predictions/one", new JsonObject { ["id"] = "two" })).ExpectAsync(422);

        JsonElement detail = problem.GetProperty("detail")[0];
        Assert.That(detail.Text("msg"), Is.EqualTo("prediction ID must match the ID supplied in the URL"));
        Assert.That(detail.GetProperty("loc").EnumerateArray().Select(part => part.GetString()), Is.EqualTo(new[] { "body", "id" }));
    }

    [Test]
    public async Task Post_OfWrongInputs_NamesTheirPlace()
    {
        JsonElement problem = await (await _host.Client.PostAsJsonAsync("/predictions", new JsonObject { ["input"] = new JsonObject { ["infer_steps"] = 5 } })).ExpectAsync(422);

        Assert.That(problem.GetProperty("detail")[0].GetProperty("loc").EnumerateArray().Select(part => part.GetString()), Is.EqualTo(new[] { "body", "input", "infer_steps" }));
    }

    [Test]
    public async Task Post_AsEvents_TellsItAll()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/predictions") { Content = JsonContent.Create(Short) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using HttpResponseMessage response = await _host.Client.SendAsync(request);

        string[] names = [.. (await response.Content.ReadAsStringAsync()).Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]).Distinct()];

        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        Assert.That(names, Is.EqualTo(new[] { "start", "log", "completed" }));
    }

    [Test]
    public async Task Root_IsCogsIndex()
    {
        JsonElement index = await _host.Client.GetFromJsonAsync<JsonElement>("/");

        Assert.That(index.Text("predictions_idempotent_url"), Is.EqualTo("/predictions/{prediction_id}"));
        Assert.That(index.Text("healthcheck_url"), Is.EqualTo("/health-check"));
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
