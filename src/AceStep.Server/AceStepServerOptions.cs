using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AceStep.Server;

/// <summary>What a server has, allows and keeps. Read once, when the server starts.</summary>
public sealed class AceStepServerOptions
{
    /// <summary>What this process does. Default: everything.</summary>
    public ServerRole Role { get; set; }

    /// <summary>The checkpoint: a folder in the released layout, or ComfyUI's single file. Must be set, unless workers elsewhere have it.</summary>
    public string Checkpoint { get; set; } = "";

    /// <summary>How the model computes.</summary>
    public MusicPipelineOptions Pipeline { get; set; } = new();

    /// <summary>The folder of the queue, songs and uploaded files; one process at a time has it. Default: acestep/server in the user's data folder (XDG_DATA_HOME).</summary>
    public string DataFolder { get; set; } = DefaultDataFolder();

    /// <summary>The model's name in addresses: requests for "anyone/this-name" are answered. Default "ace-step".</summary>
    public string ModelName { get; set; } = "ace-step";

    /// <summary>The owner that lists name. Default "acestep".</summary>
    public string ModelOwner { get; set; } = "acestep";

    /// <summary>The server's address as clients see it, where that is not what they send as Host: behind a proxy that ends TLS. Default: none.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>The tokens that may be used, in clear or as "sha256:" and 64 hexadecimal digits; kept as hashes. Empty (the default): no token is asked for.</summary>
    public IList<string> Tokens { get; } = [];

    /// <summary>Host names that requests may name beside loopback's; empty (the default): loopback's only, or any where tokens are asked for.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Whether requests may name any host: only where that is no way in, since everybody has one already. Default false.</summary>
    public bool AllowsAnyHost { get; set; }

    /// <summary>Origins of pages elsewhere that may use the server: "https://example.org". Default: none.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Hosts that inputs and webhooks may name although their addresses are private: "studio.local", "127.0.0.1", "10.1.2.3". Default: none.</summary>
    public IList<string> AllowedPrivateHosts { get; } = [];

    /// <summary>The folder whose LoRAs clients may name. Default: none.</summary>
    public string? LoraFolder { get; set; }

    /// <summary>
    /// The LoRAs of the hub that clients may name, which are fetched where no cache has them (as <see cref="MusicPipelineOptions.Download"/>
    /// lets it): "owner/name", "owner/*", or "*" for any. Default: those of the model's makers, "ACE-Step/*".
    /// </summary>
    public IList<string> AllowedLoras { get; } = ["ACE-Step/*"];

    /// <summary>Bytes of a LoRA that is fetched for a client. Default 4 GiB.</summary>
    public long MaxLoraBytes { get; set; } = 4L << 30;

    /// <summary>Bytes of all LoRAs fetched for clients; beyond it the ones used longest ago go. Default 20 GiB.</summary>
    public long MaxLoraDataBytes { get; set; } = 20L << 30;

    /// <summary>LoRAs kept in memory, the one in use included, at least 1. Default 4.</summary>
    public int LoraCacheSize { get; set; } = 4;

    /// <summary>Where Cog's clients get their songs: an address to PUT them to. Default: none, and they get data: addresses.</summary>
    public Uri? UploadUrl { get; set; }

    /// <summary>At most so many predictions wait. Default 1000.</summary>
    public int MaxQueued { get; set; } = 1000;

    /// <summary>So many deaths of the process that ran it make a prediction fail. Default 3.</summary>
    public int MaxDeaths { get; set; } = 3;

    /// <summary>Creations and uploads a minute from one token or address. Default 600; 0: without a limit.</summary>
    public int CreationsPerMinute { get; set; } = 600;

    /// <summary>Requests in progress, those that wait included. Default 2000.</summary>
    public int MaxRequests { get; set; } = 2000;

    /// <summary>Bytes of an uploaded file, and of one fetched from an address. Default 100 MiB.</summary>
    public long MaxFileBytes { get; set; } = 100L << 20;

    /// <summary>Bytes of a request's JSON. Default 32 MiB.</summary>
    public long MaxJsonBytes { get; set; } = 32L << 20;

    /// <summary>Seconds of source audio, as decoded. Default 600.</summary>
    public double MaxSourceSeconds { get; set; } = 600;

    /// <summary>How long a file is fetched from an address at most. Default 60 s.</summary>
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Songs of a prediction that ended so long ago are removed. Default: never, but for room.</summary>
    public TimeSpan? KeepFor { get; set; }

    /// <summary>Uploaded files are removed after this time. Default 24 hours.</summary>
    public TimeSpan KeepFilesFor { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Bytes of songs and files kept; beyond it the oldest songs go. Default 20 GiB.</summary>
    public long MaxDataBytes { get; set; } = 20L << 30;

    /// <summary>Bytes of the disk that are left free: with less, new work is refused with 507. Default 512 MiB.</summary>
    public long ReservedBytes { get; set; } = 512L << 20;

    /// <summary>Whether a request with a seed whose inputs equal those of an earlier one is answered with its result. Default false.</summary>
    public bool ReusesEqualResults { get; set; }

    /// <summary>How long the running prediction may go on when the server stops, before it is put back. Default 20 s.</summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The token that webhooks of Cog's clients carry. Default: the environment's WEBHOOK_AUTH_TOKEN.</summary>
    public string? CogWebhookToken { get; set; } = Environment.GetEnvironmentVariable("WEBHOOK_AUTH_TOKEN");

    /// <summary>Ends the server, for Cog's POST /shutdown. Default: the host's own way.</summary>
    public Action? Shutdown { get; set; }

    /// <summary>Who takes less of an answer than 2 KiB a second is let go. A paused player takes nothing, and asks again.</summary>
    internal MinDataRate SlowestReader { get; set; } = new(2 << 10, TimeSpan.FromSeconds(30));

    private static string DefaultDataFolder()
    {
        string home = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } named && Path.IsPathRooted(named)
            ? named
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(home, "acestep", "server");
    }
}
