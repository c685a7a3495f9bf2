using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Server.Queue.Nats;

namespace AceStep.Cli.Serve;

/// <summary>The options for the queue that servers and workers share, and for their credentials. Secrets are read from the environment, since other users can see command lines.</summary>
internal sealed class QueueOptions : OptionGroup
{
    private const string UrlVariable = "ACESTEP_QUEUE";
    private const string PasswordVariable = "ACESTEP_QUEUE_PASSWORD";
    private const string TokenVariable = "ACESTEP_QUEUE_TOKEN";

    private static readonly NatsQueueOptions Defaults = new() { Url = "" };

    private readonly Option<string?> _url = ServeOption.Text("--queue", $"The NATS server that other servers and workers share: nats://HOST:4222 or tls://HOST:4222, several of a cluster separated by commas. Default: {UrlVariable}; without either, predictions are kept in the data folder.", "URL");
    private readonly Option<string?> _name = ServeOption.Text("--queue-name", $"The prefix of streams and subjects; processes with the same name share one queue. Default {Defaults.Name}.", "NAME");
    private readonly Option<string?> _user = ServeOption.Text("--queue-user", $"The user at the NATS server; the password is read from {PasswordVariable}. A token, if used instead, is read from {TokenVariable}.", "USER");
    private readonly Option<string?> _credentials = ServeOption.Text("--queue-creds", "A file of credentials (JWT and seed), as nsc writes it.", "FILE");
    private readonly Option<string?> _nkey = ServeOption.Text("--queue-nkey", "A file with an nkey's seed.", "FILE");
    private readonly Option<string?> _authority = ServeOption.Text("--queue-ca", "The certificate of the authority that signed the NATS server's, as PEM. Default: those that the system trusts.", "FILE");
    private readonly Option<string?> _certificate = ServeOption.Text("--queue-cert", "The certificate of this process, as PEM, if the NATS server asks for one.", "FILE");
    private readonly Option<string?> _key = ServeOption.Text("--queue-key", "The key of --queue-cert, as PEM.", "FILE");
    private readonly Option<int?> _replicas = ServeOption.Whole("--queue-replicas", "The number of servers of a NATS cluster that keep everything. Default 1.", 1, 5);
    private readonly Option<double?> _keepDays = ServeOption.Number("--queue-keep-days", $"Remove records, songs and uploads from the NATS server after this many days. Default {Defaults.KeepFor.TotalDays:0}.", "X");
    private readonly Option<bool> _allowOld = new("--queue-allow-old") { Description = $"Take a NATS server before {NatsBackend.OldestServer}, which can lose jobs. For tests." };

    public QueueOptions()
        : base("Shared queue")
    {
        foreach (Option option in (Option[])[_url, _name, _user, _credentials, _nkey, _authority, _certificate, _key, _replicas, _keepDays, _allowOld])
        {
            Add(option);
        }
    }

    /// <summary>The shared queue; null if there is none.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="maxDeaths">A prediction fails after it has ended this many workers.</param>
    /// <param name="maxQueued">The most predictions that may wait; null for a worker, since servers check it.</param>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public NatsQueueOptions? Create(ParseResult result, int maxDeaths, int? maxQueued)
    {
        if ((result.GetValue(_url) ?? Variable(UrlVariable)) is not { } url)
        {
            return null;
        }

        double? days = result.GetValue(_keepDays);
        if (days is not (null or (> 0 and <= 3650)))
        {
            throw new UsageException($"--queue-keep-days must be above 0, at most 3650; it is {days}.");
        }

        string? user = result.GetValue(_user);
        string? password = Variable(PasswordVariable);
        if (user is not null && password is null)
        {
            throw new UsageException($"--queue-user needs the password in {PasswordVariable}.");
        }

        return new NatsQueueOptions
        {
            Url = url,
            Name = result.GetValue(_name) ?? Defaults.Name,
            User = user,
            Password = user is null ? null : password,
            Token = Variable(TokenVariable),
            CredentialsFile = result.GetValue(_credentials),
            NkeyFile = result.GetValue(_nkey),
            CaFile = result.GetValue(_authority),
            CertificateFile = result.GetValue(_certificate),
            KeyFile = result.GetValue(_key),
            Replicas = result.GetValue(_replicas) ?? Defaults.Replicas,
            KeepFor = days is { } keep ? TimeSpan.FromDays(keep) : Defaults.KeepFor,
            AllowsOldServer = result.GetValue(_allowOld),
            MaxDeaths = maxDeaths,
            MaxQueued = maxQueued ?? Defaults.MaxQueued,
            IsWorker = maxQueued is null,
        };
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
