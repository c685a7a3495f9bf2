namespace AceStep.Server.Queue.Nats;

/// <summary>Where the NATS server is, who asks, and how the queue behaves. Immutable; never written to a log.</summary>
public sealed class NatsQueueOptions
{
    /// <summary>The server: <c>nats://host:4222</c>, <c>tls://host:4222</c>; several of a cluster are separated by commas. Must be set.</summary>
    public required string Url { get; init; }

    /// <summary>What streams and subjects begin with: letters, digits and dashes. Servers of one name share one queue. Default "acestep".</summary>
    public string Name { get; init; } = "acestep";

    /// <summary>The user; null for none.</summary>
    public string? User { get; init; }

    /// <summary>The user's password.</summary>
    public string? Password { get; init; }

    /// <summary>A token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>A file of credentials (JWT and seed), as <c>nsc</c> writes it; null for none.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>A file with an nkey's seed; null for none.</summary>
    public string? NkeyFile { get; init; }

    /// <summary>The certificate of the authority that signed the server's, as PEM; null for those that the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>The client's certificate, as PEM, where the server asks for one; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of the client's certificate, as PEM.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether a server older than <see cref="NatsBackend.OldestServer"/> will do: it loses jobs in ways that are known. For tests. Default false.</summary>
    public bool AllowsOldServer { get; init; }

    /// <summary>Whether a worker alone uses the connection: streams that are there are left as front ends made them. Default false.</summary>
    public bool IsWorker { get; init; }

    /// <summary>How long a worker keeps a job without a heartbeat. Default 15 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a worker's lease is renewed. Default 5 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>So many deaths of its worker make a job fail. Default 3.</summary>
    public int MaxDeaths { get; init; } = 3;

    /// <summary>About so many jobs may wait. Default 1000.</summary>
    public int MaxQueued { get; init; } = 1000;

    /// <summary>Records, songs and uploads are forgotten after this time, whatever else is configured. Default 7 days.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a call is tried again while the server does not answer. Default 5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the first connection is tried. Default 30 s.</summary>
    public TimeSpan ConnectPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>On how many servers of a cluster everything is kept, 1 to 5. Default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Bytes of one blob that are fetched at most. Default 1 GiB.</summary>
    public long MaxBlobBytes { get; init; } = 1L << 30;

    /// <summary>The servers without what must not be seen.</summary>
    internal string Address => string.Join(',', Url.Split(',').Select(url => Uri.TryCreate(url.Trim(), UriKind.Absolute, out Uri? parsed) ? $"{parsed.Scheme}://{parsed.Host}:{(parsed.Port > 0 ? parsed.Port : 4222)}" : "an address that cannot be read"));
}
