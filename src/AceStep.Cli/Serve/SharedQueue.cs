using AceStep.Cli.Terminal;
using AceStep.Server.Queue.Nats;
using Microsoft.Extensions.Logging;

namespace AceStep.Cli.Serve;

/// <summary>Connects to the shared queue, and reports notable facts about it.</summary>
internal static class SharedQueue
{
    public static async Task<NatsBackend> ConnectAsync(NatsQueueOptions options, ILoggerFactory loggers, Screen screen, CancellationToken cancellationToken)
    {
        NatsBackend backend = await NatsBackend.ConnectAsync(options, loggers.CreateLogger<NatsBackend>(), cancellationToken);
        foreach (string warning in backend.Warnings)
        {
            screen.Line($"Warning: {warning}");
        }

        return backend;
    }
}
