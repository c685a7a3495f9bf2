using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;
using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Tests.Http;

/// <summary>Songs of Cog's clients, sent where the operator wants them.</summary>
internal sealed class CogUploadTests : ServerFixture
{
    private static readonly JsonObject Input = new() { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 3 };

    private Listener _store = null!;

    [SetUp]
    public async Task StartStoreAsync()
    {
        _store = await Listener.StartAsync();
        // The prefix has a folder and no slash at its end.
        Host.Options.UploadUrl = new Uri(_store.Url + "/some/folder");
    }

    [TearDown]
    public async Task StopStoreAsync() => await _store.DisposeAsync();

    [Test]
    public async Task Song_IsPutThere_AndTheOutputIsItsAddress()
    {
        JsonElement done = await PredictAsync();

        Received upload = _store.Requests.Single();
        Assert.That((upload.Method, upload.ContentType, upload.PredictionId), Is.EqualTo(("PUT", "audio/wav", done.Text("id"))));
        Assert.That(upload.Path, Does.Match("^/some/folder/[a-z0-9-]+\\.wav$"));
        Assert.That(AudioFile.Load(new MemoryStream(upload.Content)).Duration.TotalSeconds, Is.EqualTo(10).Within(0.2));
        Assert.That((done.Text("status"), done.Text("output")), Is.EqualTo(("succeeded", _store.Url + upload.Path)));
    }

    [TestCase("https://files.example.org/songs/1.wav?signature=secret", "https://files.example.org/songs/1.wav")]
    [TestCase("/elsewhere/2.wav?signature=secret", "{store}/elsewhere/2.wav")]
    public async Task Location_OfTheAnswer_IsTheOutput_WithoutWhatSignsIt(string location, string output)
    {
        _store.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        };

        JsonElement done = await PredictAsync();

        Assert.That(done.Text("output"), Is.EqualTo(output.Replace("{store}", _store.Url, StringComparison.Ordinal)));
    }

    [Test]
    public async Task Redirect_IsFollowed_WithTheSong()
    {
        _store.Answer = context =>
        {
            if (!context.Request.Path.StartsWithSegments("/final"))
            {
                context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
                context.Response.Headers.Location = "/final/song.wav?signature=secret";
            }

            return Task.CompletedTask;
        };

        JsonElement done = await PredictAsync();

        Assert.That(done.Text("output"), Is.EqualTo(_store.Url + "/final/song.wav"));
        Assert.That(_store.Requests.Select(upload => upload.Method), Is.EqualTo(new[] { "PUT", "PUT" }));
        Assert.That(_store.Requests.Last().Content, Is.EqualTo(_store.Requests.First().Content).And.Not.Empty);
    }

    [Test]
    public async Task Refusal_FailsThePrediction_WithoutAnotherAttempt()
    {
        _store.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };

        JsonElement failed = await PredictAsync();

        Assert.That((failed.Text("status"), failed.Text("error")), Is.EqualTo(("failed", "Failed to process output file: the upload address answered 500.")));
        Assert.That(failed.TryGetProperty("output", out _), Is.False);
        Assert.That(_store.Requests, Has.Count.EqualTo(1));
        Assert.That((await Host.Client.GetFromJsonAsync<JsonElement>("/health-check")).Text("status"), Is.EqualTo("READY"), "the next one is made");
    }

    [Test]
    public async Task NobodyThere_FailsThePrediction()
    {
        await _store.DisposeAsync();

        JsonElement failed = await PredictAsync();

        Assert.That(failed.Text("status"), Is.EqualTo("failed"));
        Assert.That(failed.Text("error"), Does.StartWith("Failed to process output file: the upload address did not accept it: "));
    }

    [Test]
    public async Task Cancellation_WhileItIsSent_IsACancellation()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Answer = async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        Task<HttpResponseMessage> running = Host.Client.PutAsJsonAsync("/predictions/to-be-canceled", new JsonObject { ["input"] = Input.DeepClone() });
        await Task.WhenAny(arrived.Task, running);

        using HttpResponseMessage cancelled = await Host.Client.PostAsync("/predictions/to-be-canceled/cancel", null);

        Assert.That(cancelled.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await (await running).ExpectAsync(200)).Text("status"), Is.EqualTo("canceled"));
    }

    [Test]
    public async Task ClientsOfReplicate_GetTheirSongsAsEver()
    {
        JsonElement prediction = await (await Host.CreateAsync(Input.DeepClone())).ExpectAsync(201);

        Assert.That((await Host.EndOfAsync(prediction.Text("id"))).Text("output"), Does.StartWith("data:audio/wav;base64,"));
        Assert.That(_store.Requests, Is.Empty);
    }

    private async Task<JsonElement> PredictAsync() => await (await Host.Client.PostAsJsonAsync("/predictions", new JsonObject { ["input"] = Input.DeepClone() })).ExpectAsync(200);
}
