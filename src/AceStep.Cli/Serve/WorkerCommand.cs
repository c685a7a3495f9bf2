using System.CommandLine;
using System.Net;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Server;
using AceStep.Server.Queue.Nats;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AceStep.Cli.Serve;

/// <summary><c>acestep worker</c>: generates the songs of requests that servers accept, one after another on one device.</summary>
internal sealed class WorkerCommand : CliCommand
{
    private readonly WorkOptions _work;
    private readonly QueueOptions _queue;
    private readonly ProbeOptions _probe;
    private readonly ModelOptions _model;

    public WorkerCommand()
        : base("worker", "Make the songs that servers with the same --queue accept, one after another on one device.")
    {
        _work = AddGroup(new WorkOptions());
        _queue = AddGroup(new QueueOptions());
        _probe = AddGroup(new ProbeOptions());
        _model = AddGroup(new ModelOptions());
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples =>
    [
        "acestep worker --queue nats://queue:4222 --device cuda:0",
        "acestep worker --queue tls://queue:4222 --queue-ca ca.pem --queue-creds worker.creds --lora-dir /srv/loras",
    ];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        AceStepServerOptions options = new() { Role = ServerRole.Worker, AllowsAnyHost = true, DataFolder = _probe.DataFolder(result) };
        _work.Apply(result, options);
        NatsQueueOptions shared = _queue.Create(result, options.MaxDeaths, maxQueued: null) ?? throw new UsageException("worker needs --queue: the NATS server that it takes its work from.");
        IPEndPoint? listen = _probe.Listen(result);
        ServedModel.RequireNoLoras(_model, result);
        await ServedModel.ChooseAsync(_model, result, options, screen, cancellationToken);

        using ILoggerFactory loggers = ServerApplication.Loggers();
        await using NatsBackend backend = await SharedQueue.ConnectAsync(shared, loggers, screen, cancellationToken);
        using IHost host = listen is null ? ServerApplication.BuildSilent(options, backend) : ServerApplication.Build(options, listen, backend);
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        await host.StartAsync(CancellationToken.None);
        screen.Line("Working for the queue.");
        // A worker that cannot load its model is of no use, so it exits.
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration interrupted = cancellationToken.Register(() => stopped.TrySetResult());
        using CancellationTokenRegistration ended = lifetime.ApplicationStopping.Register(() => stopped.TrySetResult());
        await stopped.Task;
        bool isFailure = !cancellationToken.IsCancellationRequested;
        screen.Line("Stopping after the running prediction, or after giving it back to the queue. A second signal stops at once.");
        await host.StopAsync(CancellationToken.None);
        return isFailure ? ExitCodes.Failure : ExitCodes.Success;
    }
}
