using System.Text.Json;
using NATS.Client.Core;

namespace AceStep.Server.Queue.Nats;

/// <summary>Listens, while a worker is idle, for jobs that need what it has in memory; has at most one in hand.</summary>
internal sealed class NatsOffers(NatsStreams streams, IReadOnlyList<string> loras) : IAsyncDisposable
{
    public const string Taken = "taken";

    private const string Refused = "busy";
    private const string Idle = "idle";

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource<JobDelivery> _taken = New();
    private Task _listening = Task.CompletedTask;
    private bool _isOpen;

    public void Listen() => _listening = Task.WhenAll(loras.Select(lora => Task.Run(() => ListenAsync(lora))));

    /// <summary>Is open to offers from now on; ends with the first that is taken, which may have been before.</summary>
    public Task Open()
    {
        lock (_lock)
        {
            _isOpen = !_taken.Task.IsCompleted;
            return _taken.Task;
        }
    }

    /// <summary>Takes no more offers; gives what was taken, once.</summary>
    public JobDelivery? Close()
    {
        lock (_lock)
        {
            _isOpen = false;
            if (!_taken.Task.IsCompleted)
            {
                return null;
            }

            JobDelivery delivery = _taken.Task.Result;
            _taken = New();
            return delivery;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static TaskCompletionSource<JobDelivery> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ListenAsync(string lora)
    {
        await foreach (NatsMsg<byte[]> message in streams.Connection.SubscribeAsync<byte[]>(streams.OfferSubject(NatsWorkers.Word(lora)), queueGroup: Idle, cancellationToken: _stop.Token))
        {
            JobDelivery? delivery = message.Data is { } bytes ? JsonSerializer.Deserialize(bytes, NatsJson.Default.JobDelivery) : null;
            await message.ReplyAsync(delivery is not null && TryTake(delivery) ? Taken : Refused);
        }
    }

    private bool TryTake(JobDelivery delivery)
    {
        lock (_lock)
        {
            if (!_isOpen || !_taken.TrySetResult(delivery with { IsOffered = true }))
            {
                return false;
            }

            _isOpen = false;
            return true;
        }
    }
}
