using AceStep.Hub;
using AceStep.Server.Cog;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Page;
using AceStep.Server.Queue;
using AceStep.Server.Queue.Nats;
using AceStep.Server.Queue.Sqlite;
using AceStep.Server.Replicate;
using AceStep.Server.Security;
using AceStep.Server.Storage;
using AceStep.Server.Webhooks;
using AceStep.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server;

/// <summary>Puts the server into an ASP.NET Core application.</summary>
public static class AceStepServerExtensions
{
    /// <summary>Adds the model, the queue, the worker and all that the routes need.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="options">What the server has, allows and keeps.</param>
    /// <exception cref="ArgumentException">No checkpoint is named, or a token is none.</exception>
    public static IServiceCollection AddAceStepServer(this IServiceCollection services, AceStepServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Role != ServerRole.Api)
        {
            ArgumentException.ThrowIfNullOrEmpty(options.Checkpoint, nameof(options.Checkpoint));
        }

        services.AddSingleton(options);
        services.AddSingleton(new TokenCheck(options.Tokens));
        services.TryAddSingleton(TimeProvider.System);
        AddStorage(services);
        services.AddSingleton<GuardedHttp>();
        services.AddSingleton<ModelDescription>();
        services.AddSingleton<Pacing>();
        services.AddSingleton<SourceReader>();
        services.TryAddSingleton(_ => HubSettings.FromEnvironment());
        services.AddSingleton<LoraPlaces>();
        services.AddSingleton<PredictionIntake>();
        services.AddSingleton<ModelHost>();
        services.AddMetrics();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<CogUpload>();
        services.AddSingleton<Retention>();
        if (options.Role != ServerRole.Api)
        {
            services.AddHostedService(provider => provider.GetRequiredService<ModelHost>());
            services.AddHostedService<PredictionWorker>();
        }

        if (options.Role != ServerRole.Worker)
        {
            services.AddHostedService<WebhookDispatcher>();
            services.AddHostedService<Housekeeping>();
            services.AddHostedService<PaceKeeper>();
        }

        AddRoutes(services);
        return services;
    }

    /// <summary>Lets many servers and workers share one queue and one store of audio: call it before <see cref="AddAceStepServer"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="backend">The connection; the caller disposes of it after the application.</param>
    public static IServiceCollection AddAceStepNats(this IServiceCollection services, NatsBackend backend)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(backend);
        services.AddSingleton(backend);
        services.AddSingleton(backend.Queue);
        services.AddSingleton(backend.Blobs);
        services.AddSingleton(backend.Secret);
        return services;
    }

    /// <summary>Maps what a worker answers: its health.</summary>
    /// <param name="endpoints">The application.</param>
    public static IEndpointConventionBuilder MapAceStepWorker(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IServiceProvider services = endpoints.ServiceProvider;
        RouteGroupBuilder root = endpoints.MapGroup("");
        services.GetRequiredService<CogEndpoints>().MapHealth(root);
        ((IEndpointConventionBuilder)root).Finally(services.GetRequiredService<RequestGuard>().Protect);
        return root;
    }

    /// <summary>Maps the server's routes: Replicate's API under /v1, Cog's at the root, the page.</summary>
    /// <param name="endpoints">The application; its base path is respected, a prefix of a route group is not.</param>
    /// <returns>All of the routes, for what the application adds to them: its own authorization, for instance.</returns>
    public static IEndpointConventionBuilder MapAceStep(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IServiceProvider services = endpoints.ServiceProvider;
        RouteGroupBuilder root = endpoints.MapGroup("");
        RouteGroupBuilder api = root.MapGroup("/v1");
        services.GetRequiredService<PredictionEndpoints>().Map(api);
        services.GetRequiredService<FileEndpoints>().Map(api);
        services.GetRequiredService<OutputEndpoints>().Map(api);
        services.GetRequiredService<ModelEndpoints>().Map(api);
        services.GetRequiredService<EventEndpoints>().Map(api);
        services.GetRequiredService<WorkerEndpoints>().Map(api);
        api.Map("/{**rest}", _ => throw Problem.NotFound());
        services.GetRequiredService<CogEndpoints>().Map(root);
        services.GetRequiredService<CogPredictionEndpoints>().Map(root);
        services.GetRequiredService<PageEndpoints>().Map(root);
        RefuseOwnPorts(services);
        ((IEndpointConventionBuilder)root).Finally(services.GetRequiredService<RequestGuard>().Protect);
        return root;
    }

    /// <summary>Puts an endpoint of the application's own behind the server's checks: host, origin, token, limits.</summary>
    public static TBuilder RequireAceStepToken<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint.Finally(static builder =>
        {
            RequestDelegate handler = builder.RequestDelegate!;
            builder.RequestDelegate = context => context.RequestServices.GetRequiredService<RequestGuard>().RunAsync(context, handler, new EndpointAccess());
        });
        return endpoint;
    }

    /// <summary>The ports are known once the server listens.</summary>
    private static void RefuseOwnPorts(IServiceProvider services) => services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() =>
        services.GetRequiredService<GuardedHttp>().OwnPorts =
            [.. (services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []).Select(address => BindingAddress.Parse(address).Port)]);

    private static void AddStorage(IServiceCollection services)
    {
        services.AddSingleton(provider => new DataFolder(provider.GetRequiredService<AceStepServerOptions>().DataFolder));
        services.TryAddSingleton(provider => provider.GetRequiredService<DataFolder>().Secret);
        services.AddSingleton(provider => provider.GetService<NatsBackend>() is null
            ? CacheFolders.In(provider.GetRequiredService<DataFolder>())
            : CacheFolders.Shared(provider.GetRequiredService<AceStepServerOptions>().DataFolder));
        services.TryAddSingleton<IBlobStore>(provider =>
            new FileBlobStore(provider.GetRequiredService<DataFolder>().Blobs, () => provider.GetRequiredService<AceStepServerOptions>().ReservedBytes));
        services.TryAddSingleton<IPredictionQueue>(provider =>
        {
            AceStepServerOptions options = provider.GetRequiredService<AceStepServerOptions>();
            return new SqlitePredictionQueue(
                provider.GetRequiredService<DataFolder>().Database,
                new SqliteQueueOptions { MaxDeaths = options.MaxDeaths, MaxQueued = options.MaxQueued },
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<FileStore>();
        services.AddSingleton<OutputAddresses>();
        services.AddSingleton<EncodedSongs>();
    }

    private static void AddRoutes(IServiceCollection services)
    {
        services.AddSingleton<BaseUrls>();
        services.AddSingleton<HostCheck>();
        services.AddSingleton<RequestGuard>();
        services.AddSingleton<JsonBody>();
        services.AddSingleton<PredictionViews>();
        services.AddSingleton<CreationRequests>();
        services.AddSingleton<PredictionEndpoints>();
        services.AddSingleton<FileEndpoints>();
        services.AddSingleton<OutputEndpoints>();
        services.AddSingleton<ModelEndpoints>();
        services.AddSingleton<EventEndpoints>();
        services.AddSingleton<WorkerEndpoints>();
        services.AddSingleton<CogSnapshots>();
        services.AddSingleton<CogPredictions>();
        services.AddSingleton<CogEndpoints>();
        services.AddSingleton<CogPredictionEndpoints>();
        services.AddSingleton<PageEndpoints>();
        services.AddSingleton<WebhookSender>();
    }
}
