using System.Net;
using AceStep.Hub;
using AceStep.Server;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using AceStep.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AceStep.Fuzz.Targets;

/// <summary>The server without a network: its routes, its queue, the demonstration model; no worker, so that nothing is generated.</summary>
internal sealed class InProcessServer
{
    /// <summary>Who waits for a prediction waits for nothing here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private readonly FaultLog _faults = new();
    private readonly WebApplication _app;
    private readonly RequestDelegate _routes;
    private readonly IPredictionQueue _queue;

    public InProcessServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_faults);
        builder.Services.AddSingleton<IBlobStore, MemoryBlobs>();
        builder.Services.AddSingleton(HubSettings.From(name => name switch { "HF_HUB_OFFLINE" => "1", "HF_HOME" => Scratch.Folder("hub"), _ => null }));
        builder.Services.AddAceStepServer(new AceStepServerOptions
        {
            Checkpoint = DemoCheckpoint.Folder,
            DataFolder = Scratch.Folder("server"),
            LoraFolder = Scratch.Folder("loras"),
            ReservedBytes = 0,
            CreationsPerMinute = 0,
            ReusesEqualResults = true,
            Shutdown = static () => { },
        });
        _app = builder.Build();
        var application = new ApplicationBuilder(_app.Services);
        application.UseRouting();
        application.UseEndpoints(endpoints => endpoints.MapAceStep());
        _routes = application.Build();
        _queue = _app.Services.GetRequiredService<IPredictionQueue>();
        ModelHost model = _app.Services.GetRequiredService<ModelHost>();
        model.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        model.Pipeline.GetAwaiter().GetResult();
    }

    /// <summary>What the server has called its own fault since this was asked last; null for nothing.</summary>
    public string? TakeFault() => _faults.Take();

    /// <summary>Sends a request.</summary>
    /// <param name="head">The request's line, then its headers.</param>
    /// <param name="body">Its body.</param>
    public async Task<(int Status, string? Type, byte[] Answer)> SendAsync(string[] head, byte[] body)
    {
        using CancellationTokenSource gone = new();
        using MemoryStream answer = new();
        DefaultHttpContext context = Create(head, body);
        context.Response.Body = answer;
        context.RequestAborted = gone.Token;
        gone.CancelAfter(Patience);
        await using AsyncServiceScope scope = _app.Services.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        await _routes(context);
        await context.Response.CompleteAsync();
        if (context.Response.StatusCode is StatusCodes.Status201Created or StatusCodes.Status202Accepted or StatusCodes.Status200OK && context.Request.Method is not "GET")
        {
            await ForgetAsync();
        }

        return (context.Response.StatusCode, context.Response.ContentType, answer.ToArray());
    }

    /// <summary>A request as the web server makes one; headers that it would refuse itself are left out.</summary>
    private static DefaultHttpContext Create(string[] head, byte[] body)
    {
        DefaultHttpContext context = new();
        string[] line = head[0].Trim('\r').Split(' ', 2);
        string[] target = (line.Length > 1 ? line[1] : "/").Split('?', 2);
        HttpRequest request = context.Request;
        request.Method = line[0].Length > 0 && line[0].All(char.IsAsciiLetter) ? line[0].ToUpperInvariant() : "GET";
        request.Scheme = "http";
        request.Path = new PathString("/" + Uri.UnescapeDataString(target[0]).TrimStart('/'));
        request.QueryString = new QueryString(target.Length > 1 && target[1].All(character => character is > ' ' and < '\u007f') ? "?" + target[1] : "");
        request.Headers.Host = "localhost:5000";
        request.Body = new MemoryStream(body);
        request.ContentLength = body.Length;
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        foreach (string header in head.Skip(1).Select(header => header.Trim('\r')))
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? "" : header[..colon];
            string value = colon < 0 ? "" : header[(colon + 1)..].Trim();
            if (name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '-') && !value.Any(char.IsControl) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers[name] = value;
            }
        }

        return context;
    }

    /// <summary>Takes away what was accepted, so that the next request finds the server as this one did.</summary>
    private async Task ForgetAsync()
    {
        foreach (PredictionRecord record in await _queue.ListAsync(new PredictionQuery { Limit = 100 }))
        {
            await _queue.CancelAsync(record.Job.Id);
            await _queue.RemoveDataAsync(record.Job.Id);
        }

        await _queue.ForgetAsync(DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Keeps the last error that was logged.</summary>
    private sealed class FaultLog : ILoggerProvider, ILogger
    {
        private string? _fault;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _fault = $"{formatter(state, exception)}: {exception}";
            }
        }

        public string? Take() => Interlocked.Exchange(ref _fault, null);

        public void Dispose()
        {
        }
    }
}
