using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AceStep.Cli.Serve;

/// <summary><c>acestep serve</c>: serves the model over HTTP, with a page for the browser.</summary>
internal sealed class ServeCommand : CliCommand
{
    private readonly ServerOptions _server;
    private readonly ModelOptions _model;

    public ServeCommand()
        : base("serve", "Serve the model over HTTP: a page for the browser, and the APIs of Replicate and Cog.")
    {
        _server = AddGroup(new ServerOptions());
        _model = AddGroup(new ModelOptions());
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep serve",
        "acestep serve --checkpoint models/ACE-Step-v1-3.5B --data /srv/acestep",
        "ACESTEP_TOKENS=secret acestep serve --host 0.0.0.0 --public-url https://music.example.org",
    ];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        IPEndPoint listen = _server.Listen(result);
        AceStepServerOptions options = _server.Create(result, listen);
        CheckpointChoice checkpoint = CheckpointChoice.Find(_model.Checkpoint(result));
        options.Checkpoint = checkpoint.Path;
        if (_model.Loras(result).Count > 0 || _model.UsesStoredAlpha(result))
        {
            throw new UsageException("Each client of the server names its own LoRA: --lora-dir and --allow-lora say which ones; --lora and --lora-stored-alpha are for the other commands.");
        }

        options.Pipeline = _model.PipelineOptions(result) with { DownloadProgress = DownloadView.Lines(screen) };
        screen.Line(checkpoint.Description);
        await LibtorchSupply.EnsureAsync(screen, options.Pipeline.Download, cancellationToken);

        using CancellationTokenSource stop = new();
        options.Shutdown = stop.Cancel;
        using CancellationTokenRegistration interrupted = cancellationToken.Register(stop.Cancel);
        // Handlers are called in reverse order, so this one is called before the program's own.
        using PosixSignalRegistration? left = _server.AwaitsExplicitShutdown(result) ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true) : null;
        await using WebApplication app = Build(options, listen);
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new IOException($"Port {listen.Port} is in use; name another with --port.", error);
        }

        screen.Line($"Listening on {app.Urls.First()}");
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration stopping = stop.Token.Register(stopped.SetResult);
        await stopped.Task;
        screen.Line("Stopping: the running prediction may end; what waits is kept. Once more ends at once.");
        await app.StopAsync(CancellationToken.None);
        return ExitCodes.Success;
    }

    private static WebApplication Build(AceStepServerOptions options, IPEndPoint listen)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "acestep" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(listen);
            kestrel.AddServerHeader = false;
            // The audio encoders write synchronously to the response.
            kestrel.Limits.MaxRequestBodySize = options.MaxJsonBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 << 10;
            kestrel.Limits.MaxRequestHeaderCount = 100;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            kestrel.Limits.MaxConcurrentConnections = 2 * options.MaxRequests;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = options.StopGrace + TimeSpan.FromSeconds(10);
            host.ServicesStopConcurrently = true;
        });
        // The program's own signal handling decides when the server stops.
        builder.Services.RemoveAll<IHostLifetime>();
        builder.Services.AddSingleton<IHostLifetime, PassiveLifetime>();
        builder.Services.AddAceStepServer(options);
        AddTelemetry(builder.Services);
        WebApplication app = builder.Build();
        app.UseRouting();
        app.MapAceStep();
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAceStepToken();
        return app;
    }

    /// <summary>Offers metrics for Prometheus at /metrics, and sends metrics and traces to a collector if OTEL_EXPORTER_OTLP_ENDPOINT is set.</summary>
    private static void AddTelemetry(IServiceCollection services)
    {
        bool hasCollector = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("acestep"));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter("AceStep.Server", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddPrometheusExporter();
            if (hasCollector)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (hasCollector)
        {
            telemetry.WithTracing(traces => traces.AddSource("AceStep.Server", "Microsoft.AspNetCore").AddOtlpExporter());
        }
    }

    /// <summary>A host lifetime that leaves signals to the program.</summary>
    private sealed class PassiveLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
