using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using NATS.Client.Core;
using NATS.Client.KeyValueStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>What processes take in turn: a key that goes by age unless its holder renews it.</summary>
internal sealed class NatsHolds(NatsStreams streams, NatsCalls calls, NatsQueueOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Hold> _held = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _renewing;

    /// <summary>Takes a name; null where it is taken, by this process or another.</summary>
    public async Task<IAsyncDisposable?> TakeAsync(string name, CancellationToken cancellationToken)
    {
        // Names may hold what clients chose.
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
        Hold hold = new(this, key);
        if (!_held.TryAdd(key, hold))
        {
            return null;
        }

        bool isTaken = false;
        try
        {
            NatsResult<ulong> created = await calls.RunAsync(async token => NatsStreams.Passed(await streams.Holds.TryCreateAsync(key, hold.Owner, cancellationToken: token)), cancellationToken);
            // A call that was not answered the first time finds its own mark.
            isTaken = created.Success || await IsOwnAsync(hold, cancellationToken);
            hold.Revision = created.Success ? created.Value : hold.Revision;
        }
        finally
        {
            if (!isTaken)
            {
                _held.TryRemove(new KeyValuePair<string, Hold>(key, hold));
            }
        }

        if (!isTaken)
        {
            return null;
        }

        lock (_lock)
        {
            _renewing ??= Task.Run(RenewAsync, CancellationToken.None);
        }

        return hold;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_renewing is { } renewing)
        {
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (Hold hold in _held.Values)
        {
            await hold.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task<bool> IsOwnAsync(Hold hold, CancellationToken cancellationToken)
    {
        NatsResult<NatsKVEntry<byte[]>> found = await calls.RunAsync(async token => NatsStreams.Passed(await streams.Holds.TryGetEntryAsync<byte[]>(hold.Key, cancellationToken: token)), cancellationToken);
        if (!found.Success || found.Value.Value is not { } owner || !owner.AsSpan().SequenceEqual(hold.Owner))
        {
            return false;
        }

        hold.Revision = found.Value.Revision;
        return true;
    }

    private async Task RenewAsync()
    {
        using PeriodicTimer timer = new(options.Lease / 4, time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            foreach (Hold hold in _held.Values)
            {
                try
                {
                    NatsResult<ulong> renewed = await streams.Holds.TryUpdateAsync(hold.Key, hold.Owner, hold.Revision, cancellationToken: _stop.Token);
                    if (renewed.Success)
                    {
                        hold.Revision = renewed.Value;
                    }
                    else if (!NatsCalls.IsPassing(renewed.Error))
                    {
                        // It went by age while the server was away, or an answer was lost: it is still ours unless another took it.
                        NatsResult<ulong> again = await streams.Holds.TryCreateAsync(hold.Key, hold.Owner, cancellationToken: _stop.Token);
                        hold.Revision = again.Success ? again.Value : hold.Revision;
                        if (!again.Success && !NatsCalls.IsPassing(again.Error) && !await IsOwnAsync(hold, _stop.Token))
                        {
                            _held.TryRemove(new KeyValuePair<string, Hold>(hold.Key, hold));
                        }
                    }
                }
                catch (Exception error) when (NatsCalls.IsPassing(error) && !_stop.IsCancellationRequested)
                {
                    // The server is away; the next round tries again.
                }
            }
        }
    }

    private Task<NatsResult> RemoveAsync(Hold hold) => calls.RunAsync(
        async token => await streams.Holds.TryDeleteAsync(hold.Key, new NatsKVDeleteOpts { Revision = hold.Revision }, token), CancellationToken.None);

    private sealed class Hold(NatsHolds holds, string key) : IAsyncDisposable
    {
        public string Key => key;

        public byte[] Owner { get; } = RandomNumberGenerator.GetBytes(16);

        public ulong Revision { get; set; }

        public async ValueTask DisposeAsync()
        {
            if (!holds._held.TryRemove(new KeyValuePair<string, Hold>(key, this)))
            {
                return;
            }

            try
            {
                await holds.RemoveAsync(this);
            }
            catch (QueueUnavailableException)
            {
                // It goes by age.
            }
        }
    }
}
