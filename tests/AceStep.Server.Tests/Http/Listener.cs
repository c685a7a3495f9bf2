using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Tests.Http;

/// <summary>Somebody else's server: takes whatever is sent, keeps it, and answers as the test wants it to.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Listener(WebApplication app) => _app = app;

    /// <summary>What was sent, in order.</summary>
    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Answers in the server's place; by default it takes everything.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public string Url => _app.Urls.First();

    public static async Task<Listener> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        Listener server = new(builder.Build());
        server._app.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            server.Requests.Enqueue(new Received(context.Request.Method, context.Request.Path.Value!, context.Request.ContentType, context.Request.Headers["X-Prediction-ID"].ToString(), body.ToArray()));
            await server.Answer(context);
        });
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource atOnce = new(TimeSpan.Zero);
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>A request that came.</summary>
internal sealed record Received(string Method, string Path, string? ContentType, string PredictionId, byte[] Content);
