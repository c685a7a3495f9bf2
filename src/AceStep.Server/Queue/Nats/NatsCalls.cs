using System.Diagnostics;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>
/// Calls to the server, each tried again while it does not answer: a call that was under way when the server went is never
/// answered, and one made meanwhile ends with a cancellation of nobody's. What is called must bear being done twice.
/// </summary>
internal sealed class NatsCalls(TimeSpan patience)
{
    private const int JetStreamUnavailable = 10008;
    private const int NoLeader = 10009;
    private const int Shutdown = 10016;

    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <exception cref="QueueUnavailableException">Nothing answered in time.</exception>
    public Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) => RunAsync(call, patience, LongestCall, cancellationToken);

    /// <exception cref="QueueUnavailableException">Nothing answered in time.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan total, TimeSpan each, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan pause = ShortestPause;
        while (true)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(each);
            try
            {
                return await call(limit.Token);
            }
            catch (Exception error) when (IsPassing(error) && !cancellationToken.IsCancellationRequested)
            {
                if (Stopwatch.GetElapsedTime(started) + pause >= total)
                {
                    throw new QueueUnavailableException("The queue's server does not answer; the request may or may not have taken effect. Try again.", error);
                }
            }

            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Whether an error says that nothing answered, rather than what was answered.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        NatsKVException or NatsObjException => false,
        NatsJSApiException api => api.Error.ErrCode is JetStreamUnavailable or NoLeader or Shutdown,
        NatsPayloadTooLargeException => false,
        NatsException or OperationCanceledException or TimeoutException or ObjectDisposedException => true,
        IOException or System.Net.Sockets.SocketException => error is not Storage.StorageFullException,
        _ => false,
    };
}
