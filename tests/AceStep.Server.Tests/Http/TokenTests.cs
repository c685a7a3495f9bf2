using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>Clients with tokens of their own, and the signed addresses that need none.</summary>
internal sealed class TokenTests : ServerFixture
{
    private const string Other = "r8_another_token_of_the_tests";

    protected override bool NeedsModel => false;

    protected override void Configure(AceStepServerOptions options)
    {
        options.Tokens.Add(ServerHost.Token);
        // As a hash, as it may be written too.
        options.Tokens.Add($"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Other)))}");
    }

    [TestCase(ServerHost.Token, HttpStatusCode.OK)]
    [TestCase(Other, HttpStatusCode.OK)]
    [TestCase("r8_a_third_token_of_the_tests", HttpStatusCode.Unauthorized)]
    public async Task Request_WithOneOfSeveralTokens_IsAnswered(string token, HttpStatusCode status)
    {
        using HttpClient client = Client(token);

        Assert.That((await client.GetAsync("/v1/account")).StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Create_WithAKeyThatAnotherTokenUsed_IsAnotherPrediction()
    {
        using HttpClient other = Client(Other);

        string mine = await CreateAsync(Host.Client);
        string again = await CreateAsync(Host.Client);
        string theirs = await CreateAsync(other);

        Assert.That(again, Is.EqualTo(mine));
        Assert.That(theirs, Is.Not.EqualTo(mine));
        foreach (string id in (string[])[mine, theirs])
        {
            await Host.Client.PostAsync($"/v1/predictions/{id}/cancel", null);
        }

        static async Task<string> CreateAsync(HttpClient client)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions")
            {
                Content = new StringContent(new JsonObject { ["input"] = new JsonObject { ["audio_duration"] = 240, ["seed"] = 5 } }.ToJsonString(), Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", "1");
            return (await (await client.SendAsync(request)).ExpectAsync(201)).Text("id");
        }
    }

    [Test]
    public async Task Upload_ByASignedAddress_IsGivenUntilItExpires()
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav(0.1)), "content", "a.wav" } };
        string id = (await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(201)).Text("id");
        using HttpClient stranger = new() { BaseAddress = new Uri(Host.Url) };
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        Assert.That(await AskAsync(Address(id, now + 1000)), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await AskAsync(Address(id, now - 1000)), Is.EqualTo(HttpStatusCode.Unauthorized), "it has expired");
        Assert.That(await AskAsync(Address(id, now + 1000).Replace($"expiry={now + 1000}", $"expiry={now + 2000}")), Is.EqualTo(HttpStatusCode.Unauthorized), "its time is signed too");
        Assert.That(await AskAsync(Address(id, now + 1000, signed: ServerSecret.NewId())), Is.EqualTo(HttpStatusCode.Unauthorized), "it is that of another file");
        Assert.That(await AskAsync($"/v1/files/{id}/download"), Is.EqualTo(HttpStatusCode.Unauthorized));

        async Task<HttpStatusCode> AskAsync(string address) => (await stranger.GetAsync(address)).StatusCode;
    }

    private string Address(string id, long expiry, string? signed = null)
    {
        byte[] key = Host.Services.GetRequiredService<ServerSecret>().Key("files", 32);
        string signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"me {signed ?? id} {expiry}")));
        return $"/v1/files/{id}/download?owner=me&expiry={expiry}&signature={Uri.EscapeDataString(signature)}";
    }

    private HttpClient Client(string token) =>
        new() { BaseAddress = new Uri(Host.Url), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
}
