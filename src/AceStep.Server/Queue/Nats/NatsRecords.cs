using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>The records, each changed by compare-and-set: two that change one at once both see what the other did.</summary>
internal sealed class NatsRecords(NatsStreams streams, NatsCalls calls)
{
    private const int NotFound = 404;

    /// <summary>A record as it is now; null where there is none.</summary>
    public async Task<StoredPrediction?> FindAsync(string id, CancellationToken cancellationToken) => (await LookAsync(id, cancellationToken)).Stored;

    /// <summary>A record as it is now, and the number of its last change. Where it was deleted that is the deletion's; where there never was one it is 0.</summary>
    public async Task<(StoredPrediction? Stored, ulong Revision)> LookAsync(string id, CancellationToken cancellationToken)
    {
        (byte[]? bytes, ulong revision) = await calls.RunAsync(
            async token =>
            {
                NatsResult<NatsKVEntry<byte[]>> result = await TryGetAsync(id, token);
                return result.Success ? (result.Value.Value, result.Value.Revision)
                    : NatsStreams.Passed(result).Error switch
                    {
                        NatsKVKeyDeletedException deleted => (null, deleted.Revision),
                        NatsKVKeyNotFoundException => (null, 0UL),
                        _ => throw result.Error,
                    };
            },
            cancellationToken);
        return (bytes is { Length: > 0 } ? StoredPrediction.Parse(bytes, revision) : null, revision);
    }

    /// <summary>Stores a record where there is none; null where there is one by now, or was since the look.</summary>
    /// <param name="stored">The record.</param>
    /// <param name="revision">What <see cref="LookAsync"/> gave beside no record.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<StoredPrediction?> CreateAsync(StoredPrediction stored, ulong revision, CancellationToken cancellationToken) => UpdateAsync(stored, revision, cancellationToken);

    /// <summary>Changes a record, over and over until nobody came in between.</summary>
    /// <param name="id">Which.</param>
    /// <param name="change">The changed record; null where there is nothing to change.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The record as it is now, and whether it was this call that changed it; null where there is none.</returns>
    public async Task<(StoredPrediction? Stored, bool IsChanged)> ChangeAsync(string id, Func<StoredPrediction, StoredPrediction?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            StoredPrediction? known = await FindAsync(id, cancellationToken);
            if (known is null || change(known) is not { } changed)
            {
                return (known, false);
            }

            if (await UpdateAsync(changed, known.Record.Revision, cancellationToken) is { } stored)
            {
                return (stored, true);
            }
        }
    }

    /// <summary>Forgets a record.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) => calls.RunAsync(
        async token =>
        {
            NatsResult result = await streams.Records.TryDeleteAsync(id, cancellationToken: token);
            return result.Success || !NatsCalls.IsPassing(result.Error) ? true : throw result.Error;
        },
        cancellationToken);

    /// <summary>Deletes a record as it was looked at; false where it has changed since.</summary>
    public async Task<bool> DeleteAsync(string id, ulong revision, CancellationToken cancellationToken)
    {
        NatsResult result = await calls.RunAsync(
            async token =>
            {
                NatsResult deleted = await streams.Records.TryDeleteAsync(id, new NatsKVDeleteOpts { Revision = revision }, token);
                return deleted.Success || !NatsCalls.IsPassing(deleted.Error) ? deleted : throw deleted.Error;
            },
            cancellationToken);
        return result.Success || (result.Error is NatsKVWrongLastRevisionException ? false : throw result.Error);
    }

    /// <summary>The number of the last change of any record.</summary>
    public async Task<ulong> LastRevisionAsync(CancellationToken cancellationToken)
    {
        INatsJSStream stream = await calls.RunAsync(token => streams.JetStream.GetStreamAsync(streams.RecordStream, cancellationToken: token), cancellationToken);
        return (ulong)stream.Info.State.LastSeq;
    }

    /// <summary>Stores a record over the state of a number; null where that is not the last one, which may be this call's own, unanswered.</summary>
    private async Task<StoredPrediction?> UpdateAsync(StoredPrediction stored, ulong revision, CancellationToken cancellationToken)
    {
        byte[] bytes = stored.ToBytes();
        NatsResult<ulong> result = await calls.RunAsync(async token => NatsStreams.Passed(await streams.Records.TryUpdateAsync(stored.Record.Job.Id, bytes, revision, cancellationToken: token)), cancellationToken);
        return result.Success ? stored with { Record = stored.Record with { Revision = result.Value } }
            : result.Error is NatsKVWrongLastRevisionException ? null
            : NatsPredictionQueue.IsFull(result.Error) ? throw new Storage.StorageFullException("There is no room for records on the queue's server.", result.Error)
            : throw result.Error;
    }

    /// <summary>Read from the stream's leader; the client's own way of that throws where there is no such key.</summary>
    private async ValueTask<NatsResult<NatsKVEntry<byte[]>>> TryGetAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await streams.Records.TryGetEntryAsync<byte[]>(id, cancellationToken: cancellationToken);
        }
        catch (NatsJSApiException error) when (error.Error.Code == NotFound)
        {
            return new NatsKVKeyNotFoundException();
        }
    }
}
