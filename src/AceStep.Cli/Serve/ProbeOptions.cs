using System.CommandLine;
using System.Net;
using AceStep.Cli.Options;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The options for a worker's data folder, and for the address at which it reports its health and metrics.</summary>
internal sealed class ProbeOptions : OptionGroup
{
    private static readonly AceStepServerOptions Defaults = new();

    private readonly Option<string?> _host = ServeOption.Text("--host", "The address to answer /health-check and /metrics on. Default 127.0.0.1.", "ADDRESS");
    private readonly Option<int?> _port = ServeOption.Whole("--port", "The port for it; 0 picks a free one. Default: none; then nothing is answered.", 0, 65535);

    private readonly Option<string?> _data = ServeOption.Text("--data", $"The folder of LoRAs that are downloaded for clients; workers of a machine may share it. Default {Defaults.DataFolder}.", "DIR");

    public ProbeOptions()
        : base("Worker")
    {
        Add(_data);
        Add(_host);
        Add(_port);
    }

    /// <summary>The folder.</summary>
    public string DataFolder(ParseResult result) => result.GetValue(_data) ?? Defaults.DataFolder;

    /// <summary>The address; null for none.</summary>
    /// <exception cref="UsageException">The address is invalid.</exception>
    public IPEndPoint? Listen(ParseResult result) => result.GetValue(_port) is { } port ? new IPEndPoint(ServerOptions.ParseAddress(result.GetValue(_host) ?? "127.0.0.1"), port) : null;
}
