namespace AceStep.Hub;

/// <summary>Fetches the files of a plan, several at once: said before it begins, and only where there is room.</summary>
internal sealed class Downloader(HubClient client, HubTiming timing, bool usesLinks, IProgress<DownloadProgress>? progress)
{
    /// <summary>Fetches what is not there yet.</summary>
    /// <param name="plan">Name, host and folder of what is fetched; its files are filled in here.</param>
    /// <param name="files">All its files, each with its place.</param>
    /// <param name="additionalBytes">What else the disk must have room for.</param>
    /// <param name="cancellationToken">Stops it; what has arrived is kept.</param>
    /// <exception cref="DownloadException">A file is not to be had, or there is no room.</exception>
    public async Task RunAsync(DownloadPlan plan, IReadOnlyList<(RemoteFile File, FilePlace Place)> files, long additionalBytes, CancellationToken cancellationToken)
    {
        // Equal contents are one blob: they come once, and the other files show them.
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
            throw new DownloadException($"{plan.Name} needs {needed} bytes more in {plan.Folder}, and there is room for {free}. HF_HOME names another place.");
        }
    }
}
