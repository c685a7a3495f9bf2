using System.Net;
using AceStep.Server;
using AceStep.Server.Queue.Nats;
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

/// <summary>The application that <c>serve</c> and <c>worker</c> run.</summary>
internal static class ServerApplication
{
    /// <summary>Creates a logger like the application's, for use before the application is built.</summary>
    public static ILoggerFactory Loggers() => LoggerFactory.Create(Configure);

    /// <param name="options">The server's options.</param>
    /// <param name="listen">The address to listen on.</param>
    /// <param name="backend">The shared queue; null for a queue in the data folder.</param>
    public static WebApplication Build(AceStepServerOptions options, IPEndPoint listen, NatsBackend? backend)
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
        Configure(builder.Logging);
        AddServices(builder.Services, options, backend);
        WebApplication app = builder.Build();
        app.UseRouting();
        if (options.Role == ServerRole.Worker)
        {
            app.MapAceStepWorker();
        }
        else
        {
            app.MapAceStep();
        }

        app.MapPrometheusScrapingEndpoint("/metrics").RequireAceStepToken();
        return app;
    }

    /// <summary>Builds the application of a worker that does not listen.</summary>
    public static IHost BuildSilent(AceStepServerOptions options, NatsBackend backend)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "acestep" });
        Configure(builder.Logging);
        AddServices(builder.Services, options, backend);
        return builder.Build();
    }

    private static void AddServices(IServiceCollection services, AceStepServerOptions options, NatsBackend? backend)
    {
        services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = options.StopGrace + TimeSpan.FromSeconds(10);
            host.ServicesStopConcurrently = true;
        });
        // The program's own signal handling decides when the server stops.
        services.RemoveAll<IHostLifetime>();
        services.AddSingleton<IHostLifetime, PassiveLifetime>();
        if (backend is not null)
        {
            services.AddAceStepNats(backend);
        }

        services.AddAceStepServer(options);
        AddTelemetry(services);
    }

    private static void Configure(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting", LogLevel.Warning);
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
