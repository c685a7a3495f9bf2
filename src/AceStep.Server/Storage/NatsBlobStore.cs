using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using AceStep.Server.Queue;
using AceStep.Server.Queue.Nats;
using NATS.Client.Core;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace AceStep.Server.Storage;

/// <summary>
/// Blobs in an object store that all servers and workers share. They pass through temporary files, a few at a time: whoever
/// writes may seek, and nothing is ever in memory as a whole.
/// </summary>
internal sealed class NatsBlobStore(NatsStreams streams, NatsCalls calls, NatsQueueOptions options, TimeProvider time) : IBlobStore, IDisposable
{
    private const int TransfersAtOnce = 8;

    /// <summary>Bytes of the temporary folder's disk that are left free.</summary>
    private const long Reserve = 64L << 20;

    private static readonly TimeSpan LongestTransfer = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AccountAge = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _transfers = new(TransfersAtOnce, TransfersAtOnce);
    private readonly string _temporary = Path.GetTempPath();
    private long _room = long.MaxValue;
    private DateTimeOffset _roomKnown = DateTimeOffset.MinValue;
    private int _isAsking;

    public async Task<long> PutAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken = default)
    {
        FileBlobStore.RequireName(name);
        RequireRoom(0);
        await using FileStream file = Temporary();
        try
        {
            await write(file, cancellationToken);
            await file.FlushAsync(cancellationToken);
        }
        catch (IOException error) when (DiskRoom.IsFull(error))
        {
            throw new StorageFullException("The disk of temporary files is full; nothing was kept of what was being written.", error);
        }

        await _transfers.WaitAsync(cancellationToken);
        try
        {
            await NatsCalls.RunAsync(
                async token =>
                {
                    file.Position = 0;
                    return await streams.Audio.PutAsync(name, file, leaveOpen: true, token);
                },
                LongestTransfer,
                LongestTransfer,
                cancellationToken);
            byte[] length = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Length);
            await calls.RunAsync(token => streams.AudioList.PutAsync(KeyOf(name), length, cancellationToken: token), cancellationToken);
        }
        catch (NatsException error) when (NatsPredictionQueue.IsFull(error))
        {
            throw new StorageFullException("There is no room for audio on the queue's server; nothing was kept.", error);
        }
        finally
        {
            _transfers.Release();
        }

        return file.Length;
    }

    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken = default)
    {
        FileBlobStore.RequireName(name);
        if (await FindAsync(name, cancellationToken) is not { } info)
        {
            return null;
        }

        if ((long)info.Size > options.MaxBlobBytes)
        {
            throw new IOException($"The blob {name} has {info.Size} bytes; at most {options.MaxBlobBytes} are read.");
        }

        DiskRoom.Require(_temporary, (long)info.Size, Reserve);
        FileStream file = Temporary();
        await _transfers.WaitAsync(cancellationToken);
        try
        {
            await NatsCalls.RunAsync(
                async token =>
                {
                    file.SetLength(0);
                    return await streams.Audio.GetAsync(name, file, leaveOpen: true, token);
                },
                options.Patience + LongestTransfer,
                LongestTransfer,
                cancellationToken);
            file.Position = 0;
            return file;
        }
        catch (NatsObjException)
        {
            await file.DisposeAsync();
            // Deleted or replaced while it was read.
            return null;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
        finally
        {
            _transfers.Release();
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        FileBlobStore.RequireName(name);
        return calls.RunAsync(
            async token =>
            {
                // What is listed is there.
                await streams.AudioList.DeleteAsync(KeyOf(name), cancellationToken: token);
                try
                {
                    await streams.Audio.DeleteAsync(name, token);
                }
                catch (NatsObjNotFoundException)
                {
                    // There is nothing to remove.
                }

                return true;
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (NatsKVEntry<byte[]> entry in await calls.RunAsync(async token => await NatsStreams.EntriesAsync(streams.AudioList, $"{folder}.>", token), cancellationToken))
        {
            if (entry.Value is { Length: sizeof(long) } bytes)
            {
                string name = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(entry.Key.AsSpan(folder.Length + 1)));
                yield return new BlobInfo($"{folder}/{name}", BinaryPrimitives.ReadInt64LittleEndian(bytes), entry.Created);
            }
        }
    }

    /// <summary>Of the server only the limit of this user's account is known, and asked for now and then; a full disk is told when it refuses.</summary>
    public void RequireRoom(long bytes)
    {
        DiskRoom.Require(_temporary, bytes, Reserve);
        if (time.GetUtcNow() - _roomKnown > AccountAge && Interlocked.Exchange(ref _isAsking, 1) == 0)
        {
            _ = AskAsync();
        }

        if (Interlocked.Read(ref _room) <= bytes)
        {
            throw new StorageFullException("There is no room for audio on the queue's server: its account has reached its limit.");
        }
    }

    public void Dispose() => _transfers.Dispose();

    private async Task AskAsync()
    {
        try
        {
            AccountInfoResponse account = await calls.RunAsync(token => streams.JetStream.GetAccountInfoAsync(token), CancellationToken.None);
            Interlocked.Exchange(ref _room, account.Limits is { MaxStorage: > 0 } limits ? limits.MaxStorage - (long)account.Storage : long.MaxValue);
        }
        catch (Exception error) when (error is QueueUnavailableException or NatsException)
        {
            // Known as before.
        }
        finally
        {
            _roomKnown = time.GetUtcNow();
            Interlocked.Exchange(ref _isAsking, 0);
        }
    }

    /// <summary>A blob's place in the list. A name may have dots where a key may not.</summary>
    private static string KeyOf(string name)
    {
        int end = name.IndexOf('/', StringComparison.Ordinal);
        return $"{name[..end]}.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(name[(end + 1)..]))}";
    }

    private async Task<ObjectMetadata?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RunAsync(token => streams.Audio.GetInfoAsync(name, cancellationToken: token), cancellationToken);
        }
        catch (NatsObjNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A file that is gone when it is closed.</summary>
    private FileStream Temporary() => new(
        Path.Combine(_temporary, $"acestep-{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
}
