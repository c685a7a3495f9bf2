using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AceStep.Benchmarks.Serving;

/// <summary>The server on a free port of this machine, with a data folder of its own, on the disk that holds temporary files.</summary>
internal sealed class MeasuredServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly WebApplication _silent;
    private readonly string _folder;

    private MeasuredServer(WebApplication app, WebApplication silent, string folder)
    {
        (_app, _silent, _folder) = (app, silent, folder);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(10) };
    }

    /// <summary>A client of the server.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts it, and waits until the model is loaded.</summary>
    public static async Task<MeasuredServer> StartAsync(string checkpoint, MusicPipelineOptions pipeline)
    {
        string folder = Directory.CreateTempSubdirectory("acestep-bench-").FullName;
        AceStepServerOptions options = new()
        {
            Checkpoint = checkpoint,
            Pipeline = pipeline,
            DataFolder = Path.Combine(folder, "data"),
            CreationsPerMinute = 0,
            MaxQueued = 1_000_000,
            FetchTimeout = TimeSpan.FromHours(1),
        };
        options.AllowedPrivateHosts.Add("127.0.0.1");
        WebApplication app = Create(services => services.AddAceStepServer(options));
        app.UseRouting();
        app.MapAceStep();
        await app.StartAsync();
        WebApplication silent = Create(_ => { });
        silent.Run(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await silent.StartAsync();
        MeasuredServer server = new(app, silent, folder);
        while ((await server.Client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() == "STARTING")
        {
            await Task.Delay(50);
        }

        return server;
    }

    /// <summary>A request that creates a prediction.</summary>
    public static HttpRequestMessage Creation(JsonObject input) => new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = JsonContent.Create(new JsonObject { ["input"] = input }) };

    /// <summary>Gives the worker a prediction whose source never comes.</summary>
    public async Task OccupyAsync(CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Creation(new JsonObject { ["task"] = "audio2audio", ["input_audio"] = $"{_silent.Urls.First()}/never.wav" });
        using HttpResponseMessage response = await Client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        while ((await Client.GetFromJsonAsync<JsonElement>("/health-check", cancellationToken)).GetProperty("status").GetString() != "BUSY")
        {
            await Task.Delay(50, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using CancellationTokenSource atOnce = new(TimeSpan.Zero);
        await _silent.StopAsync(atOnce.Token);
        await _app.StopAsync();
        await _silent.DisposeAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static WebApplication Create(Action<Microsoft.Extensions.DependencyInjection.IServiceCollection> add)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        add(builder.Services);
        return builder.Build();
    }
}
