using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Queue;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>Webhooks of Replicate's clients. Each is of a prediction that is cancelled, so no model is needed.</summary>
internal sealed class WebhookTests : ServerFixture
{
    protected override bool NeedsModel => false;

    protected override void Configure(AceStepServerOptions options) => options.AllowedPrivateHosts.Add("127.0.0.1");

    [Test]
    public async Task Webhook_OfAnEnd_IsSignedWithTheServersSecret()
    {
        await using Listener hook = await Listener.StartAsync();
        ConcurrentQueue<Dictionary<string, string>> headers = KeepHeaders(hook);
        DateTimeOffset before = DateTimeOffset.UtcNow;

        string id = await CreateAndCancelAsync(hook);

        Received received = (await ReceiveAsync(hook, 1))[0];
        Dictionary<string, string> said = headers.Single();
        string key = (await Host.Client.GetFromJsonAsync<JsonElement>("/v1/webhooks/default/secret")).Text("key");
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{said["webhook-id"]}.{said["webhook-timestamp"]}."), .. received.Content];
        byte[] signature = HMACSHA256.HashData(Convert.FromBase64String(key["whsec_".Length..]), signed);
        Assert.That(said["webhook-signature"], Is.EqualTo($"v1,{Convert.ToBase64String(signature)}"));
        Assert.That(DateTimeOffset.FromUnixTimeSeconds(long.Parse(said["webhook-timestamp"], CultureInfo.InvariantCulture)), Is.EqualTo(before).Within(TimeSpan.FromMinutes(5)));
        using JsonDocument body = JsonDocument.Parse(received.Content);
        Assert.That((body.RootElement.Text("id"), body.RootElement.Text("status"), received.ContentType), Is.EqualTo((id, "canceled", "application/json")));
    }

    [Test]
    public async Task Webhook_ThatIsNotTaken_ComesAgainUnderTheSameId()
    {
        await using Listener hook = await Listener.StartAsync();
        ConcurrentQueue<Dictionary<string, string>> headers = KeepHeaders(hook, refused: 1);

        await CreateAndCancelAsync(hook);

        IReadOnlyList<Received> received = await ReceiveAsync(hook, 2);
        Assert.That(received[1].Content, Is.EqualTo(received[0].Content));
        Assert.That(headers.Select(said => said["webhook-id"]).Distinct().Count(), Is.EqualTo(1), "by which the receiver knows that it is the same");
    }

    [Test]
    public async Task Webhook_ThatRedirects_IsNotFollowed()
    {
        await using Listener elsewhere = await Listener.StartAsync();
        await using Listener hook = await Listener.StartAsync();
        int answers = 0;
        hook.Answer = context =>
        {
            if (Interlocked.Increment(ref answers) == 1)
            {
                context.Response.StatusCode = 307;
                context.Response.Headers.Location = elsewhere.Url;
            }

            return Task.CompletedTask;
        };

        await CreateAndCancelAsync(hook);

        await ReceiveAsync(hook, 2);
        Assert.That(elsewhere.Requests, Is.Empty);
    }

    private static ConcurrentQueue<Dictionary<string, string>> KeepHeaders(Listener hook, int refused = 0)
    {
        ConcurrentQueue<Dictionary<string, string>> kept = new();
        hook.Answer = context =>
        {
            kept.Enqueue(context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()));
            context.Response.StatusCode = kept.Count <= refused ? 500 : 200;
            return Task.CompletedTask;
        };
        return kept;
    }

    private async Task<string> CreateAndCancelAsync(Listener hook)
    {
        JsonObject body = new() { ["input"] = new JsonObject { ["audio_duration"] = 240 }, ["webhook"] = hook.Url + "/hook", ["webhook_events_filter"] = new JsonArray("completed") };
        string id = (await (await Host.SendAsync(body)).ExpectAsync(201)).Text("id");
        await (await Host.Client.PostAsync($"/v1/predictions/{id}/cancel", null)).ExpectAsync(200);
        return id;
    }

    /// <summary>What has come, once it has all been answered.</summary>
    private async Task<IReadOnlyList<Received>> ReceiveAsync(Listener hook, int count)
    {
        while (hook.Requests.Count < count || await IsUndeliveredAsync())
        {
            await Task.Delay(20);
        }

        return [.. hook.Requests];
    }

    private async Task<bool> IsUndeliveredAsync() =>
        (await Host.Services.GetRequiredService<IPredictionQueue>().ListAsync(new PredictionQuery { Filter = PredictionFilter.Undelivered })).Count > 0;
}
