using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Tests.Http;

/// <summary>The server in an application of the test's own, on a free port, with the demonstration checkpoint.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    public const string Token = "r8_the_token_of_the_tests";

    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder = new();

    private ServerHost(Action<AceStepServerOptions>? change, Action<IServiceCollection>? add)
    {
        Options = new AceStepServerOptions { Checkpoint = Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano"), DataFolder = _folder.File("data"), ReservedBytes = 0 };
        change?.Invoke(Options);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(2));
        add?.Invoke(builder.Services);
        builder.Services.AddAceStepServer(Options);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapAceStep();
    }

    public AceStepServerOptions Options { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The server's address, without a slash at the end.</summary>
    public string Url => _app.Urls.First();

    public int Port => new Uri(Url).Port;

    /// <summary>A client with the token.</summary>
    public HttpClient Client { get; private set; } = null!;

    public static async Task<ServerHost> StartAsync(Action<AceStepServerOptions>? change = null, Action<IServiceCollection>? add = null)
    {
        ServerHost host = new(change, add);
        await host._app.StartAsync();
        host.Client = new HttpClient { BaseAddress = new Uri(host.Url), Timeout = TimeSpan.FromMinutes(5) };
        host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return host;
    }

    /// <summary>Waits until the model is loaded.</summary>
    public async Task<ServerHost> ReadyAsync()
    {
        while ((await Client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() == "STARTING")
        {
            await Task.Delay(50);
        }

        return this;
    }

    /// <summary>Creates a prediction; gives the answer whatever it is.</summary>
    public Task<HttpResponseMessage> CreateAsync(JsonNode input, params (string Name, string Value)[] headers) => SendAsync(new JsonObject { ["input"] = input }, headers);

    /// <summary>Sends a body to where predictions are created.</summary>
    public async Task<HttpResponseMessage> SendAsync(JsonNode body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = JsonContent.Create(body) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    /// <summary>The prediction when it has ended.</summary>
    public async Task<JsonElement> EndOfAsync(string id)
    {
        while (true)
        {
            JsonElement prediction = await Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}");
            if (prediction.GetProperty("status").GetString() is not ("starting" or "processing"))
            {
                return prediction;
            }

            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Shorthand for answers.</summary>
internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Asserts the status of an answer, and gives its JSON.</summary>
    public static async Task<JsonElement> ExpectAsync(this HttpResponseMessage response, int status)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), body.Length > 2000 ? body[..2000] : body);
        return await response.JsonAsync();
    }

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
