using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AceStep.Server.Storage;

namespace AceStep.Fuzz.Targets;

/// <summary>A few of the last blobs, in memory: a disk that is told to write each would be what is measured.</summary>
internal sealed class MemoryBlobs : IBlobStore
{
    private const int Most = 32;

    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();
    private readonly ConcurrentQueue<string> _order = new();

    public async Task<long> PutAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken = default)
    {
        using MemoryStream stream = new();
        await write(stream, cancellationToken);
        _blobs[name] = stream.ToArray();
        _order.Enqueue(name);
        while (_order.Count > Most && _order.TryDequeue(out string? oldest))
        {
            _blobs.TryRemove(oldest, out _);
        }

        return stream.Length;
    }

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream?>(_blobs.TryGetValue(name, out byte[]? blob) ? new MemoryStream(blob, writable: false) : null);

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        _blobs.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach ((string name, byte[] blob) in _blobs.Where(blob => blob.Key.StartsWith(folder + "/", StringComparison.Ordinal)))
        {
            yield return new BlobInfo(name, blob.Length, DateTimeOffset.UnixEpoch);
        }
    }

    public void RequireRoom(long bytes)
    {
    }
}
