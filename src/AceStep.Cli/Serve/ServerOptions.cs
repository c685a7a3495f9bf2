using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using AceStep.Cli.Options;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The options for the server: its address, who may use it, and what it stores.</summary>
internal sealed class ServerOptions : OptionGroup
{
    private const string TokensVariable = "ACESTEP_TOKENS";
    private const int DefaultPort = 5000;
    private const string NoLoras = "none";

    private static readonly AceStepServerOptions Defaults = new();

    private readonly Option<string?> _host = Text("--host", "The address to listen on: a loopback address asks for no token, any other does. Default 127.0.0.1.", "ADDRESS");
    private readonly Option<int?> _port = Whole("--port", $"The port; 0 takes any. Default: PORT, else {DefaultPort}.", 0, 65535);
    private readonly Option<string?> _data = Text("--data", $"The folder of queue, songs and uploads. Default {Defaults.DataFolder}.", "DIR");
    private readonly Option<string[]> _tokens = Texts("--token", $"A token that may use the server, or sha256:HEX of one. May be given several times. Better in {TokensVariable}, separated by commas: other users see command lines.", "TOKEN");
    private readonly Option<bool> _noAuth = new("--no-auth") { Description = "Allow access from other machines without tokens: anyone who can reach the port may use the server." };
    private readonly Option<string[]> _allowedHosts = Texts("--allow-host", "A host name that requests may name, beside loopback's. May be given several times.", "NAME");
    private readonly Option<string[]> _allowedOrigins = Texts("--allow-origin", "The origin of a page elsewhere that may use the server, such as https://example.org. May be given several times.", "ORIGIN");
    private readonly Option<string[]> _allowedPrivate = Texts("--allow-private", "A host with a private address that inputs and webhooks may name. May be given several times.", "HOST");
    private readonly Option<Uri?> _publicUrl = Address("--public-url", "The server's address as clients see it, behind a proxy that ends TLS.");
    private readonly Option<string?> _model = Text("--model-name", $"The model's name in addresses: requests for ANYONE/NAME are answered. Default {Defaults.ModelName}.", "NAME");
    private readonly Option<string?> _loras = Text("--lora-dir", "The folder whose LoRAs clients may name. Default: none.", "DIR");
    private readonly Option<string[]> _allowedLoras = Texts("--allow-lora", $"A LoRA of the hub that clients may name, which is fetched once: OWNER/NAME, OWNER/* or * for any; none for no LoRA. May be given several times. Default {string.Join(", ", Defaults.AllowedLoras)}.", "NAME");
    private readonly Option<Uri?> _uploadUrl = Address("--upload-url", "Where songs of Cog's clients are sent by PUT. Default: they get them in the answer.");
    private readonly Option<int?> _maxQueued = Whole("--max-queue", $"Predictions that may wait. Default {Defaults.MaxQueued}.", 1, 1_000_000);
    private readonly Option<int?> _maxDeaths = Whole("--max-deaths", $"So many deaths of the server while it runs a prediction make that one fail. Default {Defaults.MaxDeaths}.", 1, 1_000_000);
    private readonly Option<int?> _creations = Whole("--creations-per-minute", $"Creations and uploads a minute from one token or address; 0: any number. Default {Defaults.CreationsPerMinute}.", 0, 1_000_000);
    private readonly Option<double?> _keepDays = new("--keep-days") { Description = "Remove songs after this many days. Default: only when space is needed.", HelpName = "X", CustomParser = Values.Number };
    private readonly Option<int?> _maxDisk = Whole("--max-disk", $"GiB of songs and uploads; beyond it the oldest songs go. Default {Defaults.MaxDataBytes >> 30}.", 1, 1_000_000);
    private readonly Option<bool> _reuse = new("--reuse-equal") { Description = "Answer a request that has a seed and the same inputs as an earlier one with the earlier song." };
    private readonly Option<double?> _grace = new("--stop-grace") { Description = $"Seconds that a running prediction may take to finish when the server stops. Default {Defaults.StopGrace.TotalSeconds:0}.", HelpName = "SECONDS", CustomParser = Values.Number };
    private readonly Option<string?> _awaitShutdown = Text("--await-explicit-shutdown", "Leave SIGTERM alone: POST /shutdown or Ctrl+C ends the server. For Cog's platforms.", "ANY");

    public ServerOptions()
        : base("Server")
    {
        foreach (Option option in (Option[])
            [_host, _port, _data, _tokens, _noAuth, _allowedHosts, _allowedOrigins, _allowedPrivate, _publicUrl, _model, _loras, _allowedLoras, _uploadUrl, _maxQueued, _maxDeaths, _creations, _keepDays, _maxDisk, _reuse, _grace, _awaitShutdown])
        {
            Add(option);
        }
    }

    /// <summary>Whether SIGTERM is ignored.</summary>
    public bool AwaitsExplicitShutdown(ParseResult result) => result.GetValue(_awaitShutdown) is not null;

    /// <summary>The address to listen on.</summary>
    /// <exception cref="UsageException">The address or the port is invalid.</exception>
    public IPEndPoint Listen(ParseResult result)
    {
        string host = result.GetValue(_host) ?? "127.0.0.1";
        IPAddress address = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed
            : throw new UsageException($"--host must be an address of this machine such as 127.0.0.1 or 0.0.0.0; it is {host}.");
        return new IPEndPoint(address, result.GetValue(_port) ?? EnvironmentPort());
    }

    /// <summary>The server's options.</summary>
    /// <exception cref="UsageException">Options contradict each other, or the server would be open to everyone without <c>--no-auth</c>.</exception>
    public AceStepServerOptions Create(ParseResult result, IPEndPoint listen)
    {
        AceStepServerOptions options = new()
        {
            DataFolder = result.GetValue(_data) ?? Defaults.DataFolder,
            PublicUrl = result.GetValue(_publicUrl),
            ModelName = result.GetValue(_model) ?? Defaults.ModelName,
            LoraFolder = result.GetValue(_loras),
            UploadUrl = result.GetValue(_uploadUrl),
            MaxQueued = result.GetValue(_maxQueued) ?? Defaults.MaxQueued,
            MaxDeaths = result.GetValue(_maxDeaths) ?? Defaults.MaxDeaths,
            CreationsPerMinute = result.GetValue(_creations) ?? Defaults.CreationsPerMinute,
            KeepFor = result.GetValue(_keepDays) is { } days ? TimeSpan.FromDays(days) : null,
            MaxDataBytes = result.GetValue(_maxDisk) is { } gibibytes ? (long)gibibytes << 30 : Defaults.MaxDataBytes,
            ReusesEqualResults = result.GetValue(_reuse),
            StopGrace = result.GetValue(_grace) is { } seconds ? TimeSpan.FromSeconds(seconds) : Defaults.StopGrace,
        };
        AddAll(options.Tokens, result.GetValue(_tokens) ?? []);
        AddAll(options.Tokens, (Environment.GetEnvironmentVariable(TokensVariable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        AddAll(options.AllowedHosts, result.GetValue(_allowedHosts) ?? []);
        AddAll(options.AllowedOrigins, result.GetValue(_allowedOrigins) ?? []);
        AddAll(options.AllowedPrivateHosts, result.GetValue(_allowedPrivate) ?? []);
        if (result.GetValue(_allowedLoras) is { Length: > 0 } loras)
        {
            options.AllowedLoras.Clear();
            AddAll(options.AllowedLoras, loras.Where(name => name != NoLoras).Select(RequireLora));
        }

        RequireTokens(options, listen, result.GetValue(_noAuth));
        return options;
    }

    private static string RequireLora(string name) => name == "*" || name.Split('/') is [{ Length: > 0 }, { Length: > 0 }]
        ? name
        : throw new UsageException($"--allow-lora takes OWNER/NAME, OWNER/*, * or {NoLoras}; '{name}' is none of them.");

    private static void RequireTokens(AceStepServerOptions options, IPEndPoint listen, bool isOpen)
    {
        if (isOpen && options.Tokens.Count > 0)
        {
            throw new UsageException("--no-auth and tokens exclude each other.");
        }

        if (!IPAddress.IsLoopback(listen.Address) && options.Tokens.Count == 0 && !isOpen)
        {
            throw new UsageException($"Beyond this machine ({listen.Address}) the server asks for tokens: set {TokensVariable} or --token, or say --no-auth if whoever reaches the port may use it.");
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

    private static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    private static Option<string[]> Texts(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    private static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            result.AddError($"{name} takes an http or https address; '{result.Tokens[0].Value}' is none.");
            return null;
        },
    };

    private static Option<int?> Whole(string name, string description, int least, int greatest)
    {
        Option<int?> option = new(name) { Description = description, HelpName = "N", CustomParser = Values.WholeNumber };
        option.Validators.Add((OptionResult result) =>
        {
            if (result.GetValue(option) is { } value && (value < least || value > greatest))
            {
                result.AddError($"{name} must be {least} to {greatest}; it is {value}.");
            }
        });
        return option;
    }
}
