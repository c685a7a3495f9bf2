using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AceStep.Server.Tests.Http;

/// <summary>Queue, rate, room: each full in its own words; and who needs no token.</summary>
public sealed class LimitTests
{
    private static readonly JsonObject Long = new() { ["audio_duration"] = 240, ["infer_steps"] = 100 };

    [Test]
    public async Task Create_IntoAFullQueue_Is429AndSaysWhen()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => options.MaxQueued = 2);
        List<HttpStatusCode> statuses = [];
        for (int creation = 0; creation < 4; creation++)
        {
            HttpResponseMessage response = await host.CreateAsync(Long.DeepClone());
            statuses.Add(response.StatusCode);
            if (response.StatusCode != HttpStatusCode.Created)
            {
                Assert.That((await response.JsonAsync()).Text("detail"), Does.Contain("2 predictions wait"));
                Assert.That(response.Headers.RetryAfter, Is.Not.Null);
            }
        }

        Assert.That(statuses, Does.Contain(HttpStatusCode.TooManyRequests), "one may run by now, two wait");
        Assert.That(statuses[..2], Has.All.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Create_TooOften_Is429()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => options.CreationsPerMinute = 3);
        HttpStatusCode[] statuses = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ => (await host.CreateAsync(Long.DeepClone())).StatusCode))];

        Assert.That(statuses.Count(status => status == HttpStatusCode.Created), Is.EqualTo(3));
        Assert.That(statuses.Count(status => status == HttpStatusCode.TooManyRequests), Is.EqualTo(3));
    }

    [Test]
    public async Task Create_WithoutRoomOnTheDisk_Is507AndLosesNothing()
    {
        await using ServerHost host = await ServerHost.StartAsync();
        string id = (await (await host.CreateAsync(Long.DeepClone())).ExpectAsync(201)).Text("id");
        using (ServerFull full = new(host))
        {
            JsonElement problem = await (await host.CreateAsync(Long.DeepClone())).ExpectAsync(507);
            Assert.That(problem.Text("detail"), Does.Contain("room on the disk"));
            using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav()), "content", "a.wav" } };
            await (await host.Client.PostAsync("/v1/files", form)).ExpectAsync(507);
        }

        Assert.That((await (await host.Client.GetAsync($"/v1/predictions/{id}")).ExpectAsync(200)).Text("status"), Is.AnyOf("starting", "processing"));
    }

    [Test]
    public async Task OnLoopback_WithoutTokens_NobodyIsAsked_ButOtherHostsAreRefused()
    {
        await using ServerHost host = await ServerHost.StartAsync();
        using HttpClient client = new() { BaseAddress = new Uri(host.Url) };
        await (await client.GetAsync("/v1/predictions")).ExpectAsync(200);

        using HttpRequestMessage rebound = new(HttpMethod.Get, "/v1/predictions");
        rebound.Headers.Host = "rebound.example.org";
        await (await client.SendAsync(rebound)).ExpectAsync(421);
    }

    [Test]
    public async Task AllowedOrigin_GetsItsHeaders_AndPreflightIsAnswered()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => options.AllowedOrigins.Add("https://studio.example.org"));
        using HttpRequestMessage preflight = new(HttpMethod.Options, "/v1/predictions");
        preflight.Headers.Add("Origin", "https://studio.example.org");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        HttpResponseMessage response = await host.Client.SendAsync(preflight);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "https://studio.example.org" }));
    }

    /// <summary>A disk that is full by decree: the reserve is more than it has.</summary>
    private sealed class ServerFull : IDisposable
    {
        private readonly AceStepServerOptions _options;

        public ServerFull(ServerHost host)
        {
            _options = host.Options;
            _options.ReservedBytes = long.MaxValue / 2;
        }

        public void Dispose() => _options.ReservedBytes = 0;
    }
}
