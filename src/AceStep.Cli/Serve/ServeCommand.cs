using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Server;
using AceStep.Server.Queue.Nats;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace AceStep.Cli.Serve;

/// <summary><c>acestep serve</c>: serves the model over HTTP, with a page for the browser.</summary>
internal sealed class ServeCommand : CliCommand
{
    private readonly RoleOption _role;
    private readonly ServerOptions _server;
    private readonly WorkOptions _work;
    private readonly QueueOptions _queue;
    private readonly ModelOptions _model;

    public ServeCommand()
        : base("serve", "Serve the model over HTTP: a page for the browser, and the APIs of Replicate and Cog.")
    {
        _role = AddGroup(new RoleOption());
        _server = AddGroup(new ServerOptions());
        _work = AddGroup(new WorkOptions());
        _queue = AddGroup(new QueueOptions());
        _model = AddGroup(new ModelOptions());
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep serve",
        "acestep serve --checkpoint models/ACE-Step-v1-3.5B --data /srv/acestep",
        "ACESTEP_TOKENS=secret acestep serve --host 0.0.0.0 --public-url https://music.example.org",
        "acestep serve --role api --queue nats://queue:4222",
    ];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        IPEndPoint listen = _server.Listen(result);
        AceStepServerOptions options = _server.Create(result, listen);
        _work.Apply(result, options);
        options.Role = _role.Role(result);
        NatsQueueOptions? shared = _queue.Create(result, options.MaxDeaths, options.MaxQueued);
        if (options.Role == ServerRole.Api && shared is null)
        {
            throw new UsageException("--role api needs --queue: workers elsewhere make the songs.");
        }

        ServedModel.RequireNoLoras(_model, result);

        if (options.Role != ServerRole.Api)
        {
            await ServedModel.ChooseAsync(_model, result, options, screen, cancellationToken);
        }

        using CancellationTokenSource stop = new();
        options.Shutdown = stop.Cancel;
        using CancellationTokenRegistration interrupted = cancellationToken.Register(stop.Cancel);
        // Handlers are called in reverse order, so this one is called before the program's own.
        using PosixSignalRegistration? left = _server.AwaitsExplicitShutdown(result) ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true) : null;
        using ILoggerFactory loggers = ServerApplication.Loggers();
        await using NatsBackend? backend = shared is null ? null : await SharedQueue.ConnectAsync(shared, loggers, screen, cancellationToken);
        await using WebApplication app = ServerApplication.Build(options, listen, backend);
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new IOException($"Port {listen.Port} is in use; choose another with --port.", error);
        }

        screen.Line($"Listening on {app.Urls.First()}");
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration stopping = stop.Token.Register(stopped.SetResult);
        await stopped.Task;
        screen.Line("Stopping after the running prediction; waiting ones are kept. A second signal stops at once.");
        await app.StopAsync(CancellationToken.None);
        return ExitCodes.Success;
    }
}
