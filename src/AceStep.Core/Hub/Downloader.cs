using System.Buffers;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Polly;

namespace AceStep.Hub;

/// <summary>Fetches the files of a plan, several at once. Reports the plan first, and checks that the disk has room.</summary>
internal sealed class Downloader(HubClient client, HubTiming timing, bool usesLinks, IProgress<DownloadProgress>? progress)
{
    /// <summary>Fetches the files that are not there yet.</summary>
    /// <param name="plan">Name, host and folder of the download; its files are filled in here.</param>
    /// <param name="files">All its files, each with its place on disk.</param>
    /// <param name="additionalBytes">Bytes that the disk must have room for besides the files.</param>
    /// <param name="cancellationToken">Stops the download; data that has arrived is kept.</param>
    /// <exception cref="DownloadException">A file cannot be downloaded, or the disk has no room.</exception>
    public async Task RunAsync(DownloadPlan plan, IReadOnlyList<(RemoteFile File, FilePlace Place)> files, long additionalBytes, CancellationToken cancellationToken)
    {
        // Files with equal contents share one blob, which is fetched once.
        (RemoteFile File, FilePlace Place)[] missing = [.. files.Where(entry => !entry.Place.IsComplete(entry.File.Bytes))];
        (RemoteFile File, FilePlace Place)[] fetched = [.. missing.Where(entry => !entry.Place.HasContents(entry.File.Bytes)).DistinctBy(entry => usesLinks ? entry.Place.Contents : entry.Place.File).OrderByDescending(entry => entry.File.Bytes)];
        plan = plan with { Files = [.. fetched.Select(Describe)] };
        if (fetched.Length > 0)
        {
            RequireRoom(plan, additionalBytes);
            ProgressMeter meter = new(progress, plan);
            await EachAsync(fetched, meter, cancellationToken).ConfigureAwait(false);
            meter.Finish();
        }

        await EachAsync(missing, new ProgressMeter(progress: null, plan), cancellationToken).ConfigureAwait(false);
    }

    private Task EachAsync(IReadOnlyList<(RemoteFile File, FilePlace Place)> files, ProgressMeter meter, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = timing.FilesAtOnce, CancellationToken = cancellationToken },
            async (entry, token) => await new FileDownload(client, timing, meter, entry.File, entry.Place, usesLinks).RunAsync(token).ConfigureAwait(false));

    private static DownloadFile Describe((RemoteFile File, FilePlace Place) entry) =>
        new(entry.File.Path, entry.File.Bytes, entry.Place.PartialBytes is var present && present <= entry.File.Bytes ? present : 0, entry.File.Checksum?.ToString());

    private void RequireRoom(DownloadPlan plan, long additionalBytes)
    {
        string folder = plan.Folder;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        long needed = plan.Bytes - plan.BytesPresent + additionalBytes;
        long free = timing.FreeBytes(folder);
        if (free < needed)
        {
            throw new DownloadException($"{plan.Name} needs {needed} more bytes in {plan.Folder}; {free} are free. Free some space, or set HF_HOME to another folder.");
        }
    }
}

/// <summary>Fetches one file: continues where an earlier attempt stopped, verifies the contents, and only then gives the file its name.</summary>
internal sealed class FileDownload(HubClient client, HubTiming timing, ProgressMeter meter, RemoteFile file, FilePlace place, bool usesLinks)
{
    private const int BufferSize = 256 * 1024;

    /// <summary>How often contents with a wrong hash are fetched. Twice, because part of the first may come from an earlier attempt.</summary>
    private const int Attempts = 2;

    private bool _hasRanges = true;

    /// <summary>Fetches the file, or waits for another process that is fetching it.</summary>
    /// <exception cref="DownloadException">It cannot be downloaded, or its contents are wrong.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using FileLock gate = await FileLock.AcquireAsync(place.Lock, timing.LockPause, () => meter.Wait($"{file.Path}: another process is downloading it; waiting for it."), cancellationToken).ConfigureAwait(false);
        if (!place.IsComplete(file.Bytes))
        {
            if (!place.HasContents(file.Bytes))
            {
                await FetchAsync(cancellationToken).ConfigureAwait(false);
            }

            place.Publish(file.Bytes, usesLinks);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        using (PartialFile partial = await PartialFile.OpenAsync(place.Partial, file, cancellationToken).ConfigureAwait(false))
        {
            for (int attempt = 1; ; attempt++)
            {
                await ReceiveAsync(partial, cancellationToken).ConfigureAwait(false);
                if (partial.Verify(out string actual))
                {
                    break;
                }

                partial.Restart();
                if (attempt == Attempts)
                {
                    throw new DownloadException($"{file.Path} has the wrong contents: {file.Address.Host} sent a file with the hash {actual}; it must be {file.Checksum}. Nothing was kept.");
                }

                meter.Expect(file.Bytes);
            }
        }

        File.Move(place.Partial, place.Contents, overwrite: true);
    }

    private async Task ReceiveAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        ResiliencePipeline repetition = Repetition.Create(timing, why => meter.Wait($"{file.Path}: {why}"));
        try
        {
            while (partial.Position < file.Bytes)
            {
                await repetition.ExecuteAsync(async token => await ContinueAsync(partial, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (TransientFailure error)
        {
            throw new DownloadException($"{file.Path}: {error.Message} Tried {timing.Repetitions + 1} times; {partial.Position} of {file.Bytes} bytes were downloaded and are kept.", error);
        }
    }

    /// <summary>Receives data over one connection. If the connection breaks after enough data, that does not count as a failed attempt.</summary>
    private async Task ContinueAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        long before = partial.Position;
        try
        {
            await ReceiveOnceAsync(partial, cancellationToken).ConfigureAwait(false);
        }
        catch (TransientFailure) when (partial.Position - before >= timing.Step)
        {
            // The next connection continues, with as many attempts as the first had.
        }
    }

    private async Task ReceiveOnceAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await client.GetAsync(file.Address, _hasRanges && partial.Position > 0 ? partial.Position : null, file.Path, cancellationToken).ConfigureAwait(false);
        long skip = Place(response, partial);
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using Stream contents = IsCompressed(response) ? new GZipStream(body, CompressionMode.Decompress) : body;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int read; (read = await client.ReadAsync(contents, buffer, stall, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                int skipped = (int)Math.Min(skip, read);
                skip -= skipped;
                Append(partial, buffer.AsSpan(skipped..read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (partial.Position < file.Bytes)
        {
            throw new TransientFailure($"The connection was closed {file.Bytes - partial.Position} bytes early.");
        }
    }

    private void Append(PartialFile partial, ReadOnlySpan<byte> bytes)
    {
        if (partial.Position + bytes.Length > file.Bytes)
        {
            partial.Restart();
            throw new DownloadException($"{file.Path}: {file.Address.Host} sent more than the {file.Bytes} bytes that the file has.");
        }

        partial.Append(bytes);
        meter.Add(bytes.Length);
    }

    /// <summary>Finds where in the file an answer's body begins.</summary>
    /// <returns>The number of bytes of the body that are already there.</returns>
    private long Place(HttpResponseMessage response, PartialFile partial)
    {
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            long lost = partial.Position;
            partial.Restart();
            meter.Expect(lost);
            throw lost == 0 ? new DownloadException($"{file.Path}: {file.Address.Host} sent none of its bytes.") : new TransientFailure($"{file.Address.Host} cannot resume at byte {lost}.");
        }

        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            if (range?.From != partial.Position || IsCompressed(response))
            {
                _hasRanges = false;
                throw new TransientFailure($"{file.Address.Host} resumed at another byte than {partial.Position}.");
            }

            RequireSize(range.Length, response);
            return 0;
        }

        RequireSize(IsCompressed(response) ? null : response.Content.Headers.ContentLength, response);
        return partial.Position;
    }

    private void RequireSize(long? said, HttpResponseMessage response)
    {
        if (said is { } bytes && bytes != file.Bytes)
        {
            throw new DownloadException($"{file.Path}: {response.RequestMessage?.RequestUri?.Host} sent {bytes} bytes of {response.Content.Headers.ContentType?.MediaType ?? "an unknown type"}; the file has {file.Bytes}.");
        }
    }

    private bool IsCompressed(HttpResponseMessage response)
    {
        string encoding = string.Join(',', response.Content.Headers.ContentEncoding).ToLowerInvariant();
        return encoding switch
        {
            "" or "identity" => false,
            "gzip" or "x-gzip" => true,
            _ => throw new DownloadException($"{file.Path}: {file.Address.Host} sent it with the content encoding {encoding}, which was not requested."),
        };
    }
}
