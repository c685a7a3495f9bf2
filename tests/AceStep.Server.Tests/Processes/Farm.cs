using AceStep.Server.Tests.Queue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace AceStep.Server.Tests.Processes;

/// <summary>Two front ends behind a proxy that asks them in turn, two workers, and the queue's server: all real processes.</summary>
internal sealed class Farm : IAsyncDisposable
{
    public const string Token = "r8_the_token_of_the_tests";

    private readonly TemporaryFolder _folder = new();
    private readonly List<GuardedProcess> _processes = [];
    private WebApplication? _proxy;

    public NatsServer Queue { get; private set; } = null!;

    public GuardedProcess[] Fronts { get; private set; } = [];

    public List<GuardedProcess> Workers { get; } = [];

    /// <summary>The proxy's address, without a slash at the end.</summary>
    public string Url => _proxy!.Urls.First();

    public HttpClient Client { get; private set; } = null!;

    public static async Task<Farm> StartAsync(string[]? front = null, string[]? worker = null)
    {
        Farm farm = new();
        try
        {
            farm.Queue = await NatsServer.StartAsync(Directory.CreateDirectory(farm._folder.File("nats")).FullName);
            Task<GuardedProcess> first = farm.StartFrontAsync(front ?? []);
            Task<GuardedProcess> second = farm.StartFrontAsync(front ?? []);
            farm.Fronts = await Task.WhenAll(first, second);
            farm.Workers.Add(await farm.StartWorkerAsync(worker ?? []));
            farm.Workers.Add(await farm.StartWorkerAsync(worker ?? []));
            await farm.StartProxyAsync();
            return farm;
        }
        catch
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    public async Task<GuardedProcess> StartWorkerAsync(string[] arguments) => Note(await GuardedProcess.StartWorkerAsync(["--queue", Queue.Url, "--queue-allow-old", "--threads", "1", .. arguments]));

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        _processes.ForEach(process => process.Dispose());
        Queue?.Dispose();
        _folder.Dispose();
    }

    private async Task<GuardedProcess> StartFrontAsync(string[] arguments)
    {
        GuardedProcess front = Note(await GuardedProcess.StartServerAsync(["--role", "api", "--queue", Queue.Url, "--queue-allow-old", .. arguments], ("ACESTEP_TOKENS", Token)));
        front.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        await front.ReadyAsync();
        return front;
    }

    private GuardedProcess Note(GuardedProcess process)
    {
        lock (_processes)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <summary>Clients see the proxy's address only, as the front ends do in what they answer.</summary>
    private async Task StartProxyAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddReverseProxy()
            .LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "fronts", Match = new RouteMatch { Path = "{**all}" } }],
                [new ClusterConfig { ClusterId = "fronts", LoadBalancingPolicy = "RoundRobin", Destinations = Fronts.Select((front, number) => (front, number)).ToDictionary(front => $"front{front.number}", front => new DestinationConfig { Address = front.front.Url }) }])
            .AddTransforms(context => context.AddOriginalHost());
        _proxy = builder.Build();
        _proxy.MapReverseProxy();
        await _proxy.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromMinutes(3) };
        Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
    }
}
