using System.CommandLine;
using System.Net;
using AceStep.Cli.Options;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The options for the server: its address, who may use it, and what it stores.</summary>
internal sealed class ServerOptions : OptionGroup
{
    private const string TokensVariable = "ACESTEP_TOKENS";
    private const int DefaultPort = 5000;

    private static readonly AceStepServerOptions Defaults = new();

    private readonly Option<string?> _host = ServeOption.Text("--host", "The address to listen on. Loopback addresses need no token, all others do. Default 127.0.0.1.", "ADDRESS");
    private readonly Option<int?> _port = ServeOption.Whole("--port", $"The port; 0 picks a free one. Default: PORT, else {DefaultPort}.", 0, 65535);
    private readonly Option<string?> _data = ServeOption.Text("--data", $"The folder of queue, songs and uploads. Default {Defaults.DataFolder}.", "DIR");
    private readonly Option<string[]> _tokens = ServeOption.Texts("--token", $"A token that may use the server, or sha256:HEX of one. May be given several times. Better in {TokensVariable}, separated by commas: other users see command lines.", "TOKEN");
    private readonly Option<bool> _noAuth = new("--no-auth") { Description = "Allow access from other machines without tokens: anyone who can reach the port may use the server." };
    private readonly Option<string[]> _allowedHosts = ServeOption.Texts("--allow-host", "A host name that requests may name, beside loopback's. May be given several times.", "NAME");
    private readonly Option<string[]> _allowedOrigins = ServeOption.Texts("--allow-origin", "The origin of a page elsewhere that may use the server, such as https://example.org. May be given several times.", "ORIGIN");
    private readonly Option<Uri?> _publicUrl = ServeOption.Address("--public-url", "The server's address as clients see it, behind a proxy that ends TLS.");
    private readonly Option<string?> _model = ServeOption.Text("--model-name", $"The model's name in addresses: requests for ANYONE/NAME are answered. Default {Defaults.ModelName}.", "NAME");
    private readonly Option<int?> _maxQueued = ServeOption.Whole("--max-queue", $"Predictions that may wait. Default {Defaults.MaxQueued}.", 1, 1_000_000);
    private readonly Option<int?> _creations = ServeOption.Whole("--creations-per-minute", $"Creations and uploads a minute from one token or address; 0: any number. Default {Defaults.CreationsPerMinute}.", 0, 1_000_000);
    private readonly Option<double?> _keepDays = ServeOption.Number("--keep-days", "Remove songs after this many days. Default: only when space is needed.", "X");
    private readonly Option<int?> _maxDisk = ServeOption.Whole("--max-disk", $"GiB of songs and uploads; above that, the oldest songs are removed. Default {Defaults.MaxDataBytes >> 30}.", 1, 1_000_000);
    private readonly Option<bool> _reuse = new("--reuse-equal") { Description = "Answer a request that has a seed and the same inputs as an earlier one with the earlier song." };
    private readonly Option<string?> _awaitShutdown = ServeOption.Text("--await-explicit-shutdown", "Ignore SIGTERM: only POST /shutdown or Ctrl+C ends the server. For Cog's platforms.", "ANY");

    public ServerOptions()
        : base("Server")
    {
        foreach (Option option in (Option[])
            [_host, _port, _data, _tokens, _noAuth, _allowedHosts, _allowedOrigins, _publicUrl, _model, _maxQueued, _creations, _keepDays, _maxDisk, _reuse, _awaitShutdown])
        {
            Add(option);
        }
    }

    /// <summary>Whether SIGTERM is ignored.</summary>
    public bool AwaitsExplicitShutdown(ParseResult result) => result.GetValue(_awaitShutdown) is not null;

    /// <summary>The address to listen on.</summary>
    /// <exception cref="UsageException">The address or the port is invalid.</exception>
    public IPEndPoint Listen(ParseResult result) => new(ParseAddress(result.GetValue(_host) ?? "127.0.0.1"), result.GetValue(_port) ?? EnvironmentPort());

    /// <summary>An address to listen on.</summary>
    /// <exception cref="UsageException">The address is invalid.</exception>
    public static IPAddress ParseAddress(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed
        : throw new UsageException($"--host must be an address of this machine such as 127.0.0.1 or 0.0.0.0; it is {host}.");

    /// <summary>The server's options.</summary>
    /// <exception cref="UsageException">Options contradict each other, or the server would be open to everyone without <c>--no-auth</c>.</exception>
    public AceStepServerOptions Create(ParseResult result, IPEndPoint listen)
    {
        AceStepServerOptions options = new()
        {
            DataFolder = result.GetValue(_data) ?? Defaults.DataFolder,
            PublicUrl = result.GetValue(_publicUrl),
            ModelName = result.GetValue(_model) ?? Defaults.ModelName,
            MaxQueued = result.GetValue(_maxQueued) ?? Defaults.MaxQueued,
            CreationsPerMinute = result.GetValue(_creations) ?? Defaults.CreationsPerMinute,
            KeepFor = result.GetValue(_keepDays) is { } days ? TimeSpan.FromDays(days) : null,
            MaxDataBytes = result.GetValue(_maxDisk) is { } gibibytes ? (long)gibibytes << 30 : Defaults.MaxDataBytes,
            ReusesEqualResults = result.GetValue(_reuse),
        };
        AddAll(options.Tokens, result.GetValue(_tokens) ?? []);
        AddAll(options.Tokens, (Environment.GetEnvironmentVariable(TokensVariable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        AddAll(options.AllowedHosts, result.GetValue(_allowedHosts) ?? []);
        AddAll(options.AllowedOrigins, result.GetValue(_allowedOrigins) ?? []);
        RequireTokens(options, listen, result.GetValue(_noAuth));
        return options;
    }

    private static void RequireTokens(AceStepServerOptions options, IPEndPoint listen, bool isOpen)
    {
        if (isOpen && options.Tokens.Count > 0)
        {
            throw new UsageException("--no-auth and tokens cannot be used together.");
        }

        if (!IPAddress.IsLoopback(listen.Address) && options.Tokens.Count == 0 && !isOpen)
        {
            throw new UsageException($"A server that other machines can reach ({listen.Address}) needs tokens: set {TokensVariable} or --token, or use --no-auth to allow access to anyone who can reach the port.");
        }

        if (isOpen && !IPAddress.IsLoopback(listen.Address) && options.AllowedHosts.Count == 0)
        {
            options.AllowsAnyHost = true;
        }
    }

    private static int EnvironmentPort() => Environment.GetEnvironmentVariable("PORT") is not { Length: > 0 } text ? DefaultPort
        : int.TryParse(text, out int port) && port is >= 0 and <= 65535 ? port
        : throw new UsageException($"PORT must be a port from 0 to 65535; it is {text}.");

    private static void AddAll(IList<string> list, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            list.Add(value);
        }
    }
}
