using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.KeyValueStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>Workers as they announce themselves, and the passing on of jobs to one that has their LoRA in memory.</summary>
internal sealed class NatsWorkers(NatsStreams streams, NatsCalls calls, TimeProvider time)
{
    /// <summary>An idle worker answers at once, or is none any more.</summary>
    private static readonly TimeSpan OfferPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>Tells what a worker does; forgotten after the length of a lease.</summary>
    public async Task AnnounceAsync(WorkerState state, CancellationToken cancellationToken)
    {
        try
        {
            await streams.Workers.TryPutAsync(Word(state.Worker.Name), JsonSerializer.SerializeToUtf8Bytes(state, NatsJson.Default.WorkerState), cancellationToken: cancellationToken);
        }
        catch (Exception error) when (NatsCalls.IsPassing(error) && !cancellationToken.IsCancellationRequested)
        {
            // It is told again soon.
        }
    }

    public Task<IReadOnlyList<WorkerState>> ListAsync(CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<WorkerState>>(
        async token =>
        {
            List<WorkerState> states = [];
            foreach (NatsKVEntry<byte[]> entry in await NatsStreams.EntriesAsync(streams.Workers, ">", token))
            {
                if (entry.Value is { Length: > 0 } bytes && JsonSerializer.Deserialize(bytes, NatsJson.Default.WorkerState) is { } state && time.GetUtcNow() - state.Seen < streams.Options.Lease * 2)
                {
                    states.Add(state);
                }
            }

            return states;
        },
        cancellationToken);

    /// <summary>Offers a job to an idle worker that has its LoRA; false where there is none, at once.</summary>
    public async Task<bool> PassOnAsync(JobDelivery delivery, CancellationToken cancellationToken)
    {
        try
        {
            NatsMsg<string> answer = await streams.Connection.RequestAsync<byte[], string>(
                streams.OfferSubject(Word(delivery.Job.Lora!)),
                JsonSerializer.SerializeToUtf8Bytes(delivery, NatsJson.Default.JobDelivery),
                replyOpts: new NatsSubOpts { Timeout = OfferPatience, ThrowIfNoResponders = true },
                cancellationToken: cancellationToken);
            return answer.Data == NatsOffers.Taken;
        }
        catch (Exception error) when (NatsCalls.IsPassing(error) && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A name as a part of a subject.</summary>
    public static string Word(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 12));
}
