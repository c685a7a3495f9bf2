using AceStep.Server.Queue;
using AceStep.Server.Queue.Nats;
using AceStep.Server.Queue.Sqlite;
using AceStep.Server.Storage;

namespace AceStep.Server.Tests.Queue;

/// <summary>How a queue of a test behaves.</summary>
internal sealed record QueueSettings
{
    public int MaxQueued { get; init; } = 1000;

    /// <summary>Whether a lease runs out almost at once, and nothing renews it.</summary>
    public bool IsHasty { get; init; }

    /// <summary>How long a call waits for a server that is away.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Makes queues of one kind; each test has its own, empty.</summary>
internal interface IQueueBackend : IAsyncDisposable
{
    Task<IPredictionQueue> OpenAsync(QueueSettings? settings = null);

    Task<IBlobStore> OpenBlobsAsync();

    /// <summary>Closes what a test has opened.</summary>
    Task CloseAsync();
}

internal static class QueueBackends
{
    public static async Task<IQueueBackend> StartAsync(string kind) => kind == "nats" ? await NatsTestBackend.StartAsync() : new SqliteTestBackend();
}

/// <summary>Tests that share one backend of a kind: "nats", or else that of one machine. What a test opens is closed after it.</summary>
public abstract class BackendFixture(string kind)
{
    private protected IQueueBackend Backend { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => Backend = await QueueBackends.StartAsync(kind);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Backend is not null)
        {
            await Backend.DisposeAsync();
        }
    }

    [TearDown]
    public Task CloseAsync() => Backend.CloseAsync();
}

internal sealed class SqliteTestBackend : IQueueBackend
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IAsyncDisposable> _open = [];
    private int _count;

    public Task<IPredictionQueue> OpenAsync(QueueSettings? settings = null)
    {
        settings ??= new QueueSettings();
        SqliteQueueOptions options = new() { MaxQueued = settings.MaxQueued };
        options = settings.IsHasty ? options with { Lease = TimeSpan.FromTicks(1), Heartbeat = TimeSpan.FromHours(1) } : options;
        SqlitePredictionQueue queue = new(_folder.File($"{_count++}.db"), options, TimeProvider.System);
        _open.Add(queue);
        return Task.FromResult<IPredictionQueue>(queue);
    }

    public Task<IBlobStore> OpenBlobsAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(_folder.File($"blobs{_count++}"), () => 0));

    public async Task CloseAsync()
    {
        foreach (IAsyncDisposable open in _open)
        {
            await open.DisposeAsync();
        }

        _open.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }
}

/// <summary>Queues on one nats-server, each under a name of its own.</summary>
internal sealed class NatsTestBackend(TemporaryFolder folder, NatsServer server) : IQueueBackend
{
    private readonly List<NatsBackend> _open = [];
    private int _count;

    public NatsServer Server => server;

    /// <summary>The name of the latest queue.</summary>
    public string Name => $"t{_count}";

    public static async Task<NatsTestBackend> StartAsync()
    {
        TemporaryFolder folder = new();
        return new NatsTestBackend(folder, await NatsServer.StartAsync(folder.Path));
    }

    public async Task<IPredictionQueue> OpenAsync(QueueSettings? settings = null)
    {
        _count++;
        return (await ConnectAsync(settings)).Queue;
    }

    public async Task<IBlobStore> OpenBlobsAsync()
    {
        _count++;
        return (await ConnectAsync()).Blobs;
    }

    /// <summary>One more connection to the latest queue, as of another machine.</summary>
    public async Task<NatsBackend> ConnectAsync(QueueSettings? settings = null, Func<NatsQueueOptions, NatsQueueOptions>? change = null)
    {
        settings ??= new QueueSettings();
        NatsQueueOptions options = new()
        {
            Url = server.Url,
            Name = Name,
            AllowsOldServer = true,
            MaxQueued = settings.MaxQueued,
            Patience = settings.Patience,
            Lease = TimeSpan.FromSeconds(settings.IsHasty ? 1 : 15),
            Heartbeat = settings.IsHasty ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(5),
        };
        NatsBackend backend = await NatsBackend.ConnectAsync(change?.Invoke(options) ?? options);
        _open.Add(backend);
        return backend;
    }

    public async Task CloseAsync()
    {
        foreach (NatsBackend open in _open)
        {
            await open.DisposeAsync();
        }

        _open.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        server.Dispose();
        folder.Dispose();
    }
}
