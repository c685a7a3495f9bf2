using AceStep.Server.Queue;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Storage;

/// <summary>Makes room: songs by age and, when there are too many bytes, the oldest first; uploaded files by age; what belongs to nothing.</summary>
internal sealed partial class Retention(IPredictionQueue queue, IBlobStore blobs, FileStore files, AceStepServerOptions options, TimeProvider time, ILogger<Retention> logger) : IDisposable
{
    /// <summary>How long a prediction is known after its song has gone.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    /// <summary>An upload may be in the middle of becoming a file.</summary>
    private static readonly TimeSpan Unfinished = TimeSpan.FromHours(2);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Does all of it.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await RemoveFilesAsync(cancellationToken);
            await RemoveSongsAsync(cancellationToken);
            await RemoveOrphansAsync(cancellationToken);
            await queue.ForgetAsync(time.GetUtcNow() - Remembered, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task RemoveSongsAsync(CancellationToken cancellationToken)
    {
        if (options.KeepFor is { } age)
        {
            while ((await OldestAsync(cancellationToken)) is { } old && old.Finished < time.GetUtcNow() - age)
            {
                await RemoveAsync(old, "age", cancellationToken);
            }
        }

        long bytes = await BytesAsync(cancellationToken);
        while ((bytes > options.MaxDataBytes || !HasRoom()) && await OldestAsync(cancellationToken) is { } oldest)
        {
            bytes -= oldest.Output?.Bytes ?? 0;
            await RemoveAsync(oldest, "room", cancellationToken);
        }
    }

    private async Task<PredictionRecord?> OldestAsync(CancellationToken cancellationToken) =>
        await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.WithData, Limit = 1 }, cancellationToken) is [var oldest] ? oldest : null;

    /// <summary>The record first: nobody is sent to a song that has gone.</summary>
    private async Task RemoveAsync(PredictionRecord record, string reason, CancellationToken cancellationToken)
    {
        LogRemoved(record.Job.Id, reason);
        if (await queue.RemoveDataAsync(record.Job.Id, cancellationToken) is { } blob)
        {
            await blobs.DeleteAsync(blob, cancellationToken);
        }
    }

    private bool HasRoom()
    {
        try
        {
            blobs.RequireRoom(0);
            return true;
        }
        catch (StorageFullException)
        {
            return false;
        }
    }

    private async Task<long> BytesAsync(CancellationToken cancellationToken)
    {
        long bytes = 0;
        foreach (string folder in (string[])[OutputAddresses.Folder, FileStore.Folder])
        {
            await foreach (BlobInfo blob in blobs.ListAsync(folder, cancellationToken))
            {
                bytes += blob.Bytes;
            }
        }

        return bytes;
    }

    /// <summary>A file that an open prediction names stays, however old.</summary>
    private async Task RemoveFilesAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<string> expired = [];
        await foreach (BlobInfo blob in blobs.ListAsync(FileStore.Folder, cancellationToken))
        {
            if (now - blob.Stored > options.KeepFilesFor && (FileStore.IdOf(blob) ?? Path.GetFileName(blob.Name)) is var id && FileStore.IsId(id))
            {
                expired.Add(id);
            }
        }

        if (expired.Count == 0)
        {
            return;
        }

        IReadOnlyList<PredictionRecord> open = await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Open, Limit = int.MaxValue }, cancellationToken);
        foreach (string id in expired.Distinct().Where(id => !open.Any(record => record.Job.Input.Contains(id, StringComparison.Ordinal))))
        {
            await files.RemoveAsync(id, cancellationToken);
        }
    }

    /// <summary>Songs whose prediction was finished by another attempt, or forgotten.</summary>
    private async Task RemoveOrphansAsync(CancellationToken cancellationToken)
    {
        await foreach (BlobInfo blob in blobs.ListAsync(OutputAddresses.Folder, cancellationToken))
        {
            string id = Path.GetFileName(blob.Name).Split('-')[0];
            if (time.GetUtcNow() - blob.Stored > Unfinished
                && await queue.GetAsync(id, cancellationToken) is var record && (record is null || (record.IsTerminal && record.Output?.Blob != blob.Name)))
            {
                await blobs.DeleteAsync(blob.Name, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Prediction {Id}: the song is removed, by {Reason}")]
    private partial void LogRemoved(string id, string reason);
}
