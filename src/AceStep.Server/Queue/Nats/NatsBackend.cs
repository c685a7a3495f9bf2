using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using AceStep.Server.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace AceStep.Server.Queue.Nats;

/// <summary>
/// A queue and a store of audio that many servers and workers share: NATS JetStream. Safe for any number of threads.
/// </summary>
/// <remarks>Dispose of it after the application that uses it: that gives back what runs, and closes the connection.</remarks>
public sealed partial class NatsBackend : IAsyncDisposable
{
    private const int SecretBytes = 32;

    private readonly NatsConnection _connection;
    private readonly NatsPredictionQueue _queue;
    private readonly NatsBlobStore _blobs;

    private NatsBackend(NatsConnection connection, NatsPredictionQueue queue, NatsBlobStore blobs, byte[] secret, IReadOnlyList<string> warnings)
    {
        (_connection, _queue, _blobs) = (connection, queue, blobs);
        Secret = ServerSecret.From(secret);
        Warnings = warnings;
    }

    /// <summary>The oldest server that is good for more than tests: 2.10.27.</summary>
    public static Version OldestServer { get; } = new(2, 10, 27);

    /// <summary>The oldest server that is recommended: 2.14.</summary>
    public static Version RecommendedServer { get; } = new(2, 14, 0);

    /// <summary>The predictions.</summary>
    public IPredictionQueue Queue => _queue;

    /// <summary>The audio.</summary>
    public IBlobStore Blobs => _blobs;

    /// <summary>What a user should know of the server.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The connection.</summary>
    internal INatsConnection Connection => _connection;

    /// <summary>The secret that all front ends share; it lies on the server.</summary>
    internal ServerSecret Secret { get; }

    /// <summary>Connects, checks the server, and makes its streams where they are missing.</summary>
    /// <param name="options">Where, who, and how.</param>
    /// <param name="logger">Told when the connection goes and comes; null for nobody.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">An option breaks its rule.</exception>
    /// <exception cref="IOException">The server does not answer, refuses the credentials, is too old, or has no JetStream.</exception>
    public static async Task<NatsBackend> ConnectAsync(NatsQueueOptions options, ILogger<NatsBackend>? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        logger ??= NullLogger<NatsBackend>.Instance;
        NatsConnection connection = new(NatsConnections.Options(options) with { LoggerFactory = NullLoggerFactory.Instance });
        try
        {
            await NatsConnections.OpenAsync(connection, options, cancellationToken);
            string[] warnings = CheckServer(connection.ServerInfo!, options);
            Watch(connection, options.Address, logger);
            NatsJSContext jetStream = new(connection);
            NatsCalls calls = new(options.Patience);
            NatsStreams streams = await NatsStreams.OpenAsync(jetStream, options, new NatsCalls(options.ConnectPatience), cancellationToken);
            byte[] secret = await streams.SecretAsync(() => RandomNumberGenerator.GetBytes(SecretBytes), cancellationToken);
            return secret.Length == SecretBytes
                ? new NatsBackend(connection, new NatsPredictionQueue(streams, options, TimeProvider.System, logger), new NatsBlobStore(streams, calls, options, TimeProvider.System), secret, warnings)
                : throw new IOException($"The secret on {options.Address} has {secret.Length} bytes; it must have {SecretBytes}.");
        }
        catch (Exception error) when (error is QueueUnavailableException or NatsException or OperationCanceledException)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException($"The NATS server {options.Address} cannot be used: {error.Message}", error);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        _blobs.Dispose();
        await _connection.DisposeAsync();
    }

    /// <summary>The numbers of a version; what follows a dash or a plus is left out.</summary>
    internal static Version? VersionOf(string text) =>
        Number().Match(text) is { Success: true, Value: var number } && Version.TryParse(number, out Version? version) ? version : null;

    private static void Check(NatsQueueOptions options)
    {
        if (!Name().IsMatch(options.Name))
        {
            throw new ArgumentException($"The queue's name must have 1 to 40 letters, digits and dashes; it is '{options.Name}'.", nameof(options));
        }

        foreach (string url in options.Url.Split(','))
        {
            if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out Uri? address) || address.Scheme is not ("nats" or "tls"))
            {
                throw new ArgumentException("The queue's address must be nats://HOST:PORT or tls://HOST:PORT, several separated by commas.", nameof(options));
            }
        }

        foreach (string? file in (string?[])[options.CredentialsFile, options.NkeyFile, options.CaFile, options.CertificateFile, options.KeyFile])
        {
            if (file is not null && !File.Exists(file))
            {
                throw new ArgumentException($"The file {file} does not exist.", nameof(options));
            }
        }

        if (options.Replicas is < 1 or > 5)
        {
            throw new ArgumentException($"The number of replicas must be 1 to 5; it is {options.Replicas}.", nameof(options));
        }
    }

    private static string[] CheckServer(INatsServerInfo server, NatsQueueOptions options)
    {
        if (VersionOf(server.Version) is not { } version || (version < OldestServer && !options.AllowsOldServer))
        {
            throw new IOException($"The NATS server {options.Address} is {server.Version}; {OldestServer} or later is needed: older ones can lose waiting jobs and miscount running ones. Use a newer server; tests may use --queue-allow-old.");
        }

        if (!server.JetStreamAvailable)
        {
            throw new IOException($"The NATS server {options.Address} has no JetStream for this user: start it with -js and a folder (-sd), or enable it for the account.");
        }

        return version < OldestServer
            ? [$"The NATS server is {version}: it can lose waiting jobs when a subject is purged, and may count ended jobs as running after it was killed. For tests only."]
            : version < RecommendedServer ? [string.Create(CultureInfo.InvariantCulture, $"The NATS server is {version}; {RecommendedServer} or later fixes known security faults.")] : [];
    }

    private static void Watch(NatsConnection connection, string address, ILogger<NatsBackend> logger)
    {
        connection.ConnectionDisconnected += (_, _) =>
        {
            LogGone(logger, address);
            return ValueTask.CompletedTask;
        };
        connection.ConnectionOpened += (_, _) =>
        {
            LogBack(logger, address);
            return ValueTask.CompletedTask;
        };
    }

    [LoggerMessage(LogLevel.Warning, "The queue's server {Address} does not answer; trying again until it does")]
    private static partial void LogGone(ILogger logger, string address);

    [LoggerMessage(LogLevel.Information, "The queue's server {Address} answers again")]
    private static partial void LogBack(ILogger logger, string address);

    [GeneratedRegex(@"^[0-9]+\.[0-9]+\.[0-9]+")]
    private static partial Regex Number();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,39}\z")]
    private static partial Regex Name();
}
