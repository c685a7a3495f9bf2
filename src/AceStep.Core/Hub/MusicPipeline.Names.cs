using AceStep.Hub;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>
    /// Merges a LoRA into the transformer's weights, as <see cref="LoadLora"/> does, without keeping the caller waiting. It may be
    /// named by its name on the hub or an https address, too: then it is fetched where no cache has it.
    /// </summary>
    /// <param name="name">A folder, a file, <c>owner/name</c>, <c>owner/name@revision</c> or an https address of a safetensors file.</param>
    /// <param name="weight">As in <see cref="LoadLora"/>.</param>
    /// <param name="useStoredAlpha">As in <see cref="LoadLora"/>.</param>
    /// <param name="cancellationToken">Stops the download and the waiting for a request in progress; once the weights change, it is too late.</param>
    /// <exception cref="DownloadException">It is in no cache, and not to be had.</exception>
    /// <inheritdoc cref="LoadLora" path="/exception" />
    public async Task<Lora> LoadLoraAsync(string name, double weight = 1, bool useStoredAlpha = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireFinite(weight);
        string path = await new ModelStore(_options.Download, _options.DownloadProgress).GetLoraAsync(name, cancellationToken).ConfigureAwait(false);
        return await RunAsync(() => MergeLora(path, weight, useStoredAlpha), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Turns names into places on disk, fetching what may be fetched.</summary>
    private static async Task<(string Checkpoint, MusicPipelineOptions Options)> FindFilesAsync(
        string checkpoint, MusicPipelineOptions options, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        ModelStore store = new(options.Download, new StageReports(options.DownloadProgress, progress));
        bool isNamed = store.IsRemote(checkpoint);
        string path = await store.GetCheckpointAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        string? dictionary = options.JapaneseDictionary is { Length: > 0 } name ? await store.GetDictionaryAsync(name, cancellationToken).ConfigureAwait(false) : options.JapaneseDictionary;
        // Later downloads belong to no loading: they are the download's own progress alone.
        ModelStore later = new(options.Download, options.DownloadProgress);
        return (path, options with
        {
            JapaneseDictionary = dictionary,
            LyricDownloads = new LyricDownloads(later, !later.IsOffline && (isNamed || options.Download == DownloadMode.WhenMissing)),
        });
    }

    /// <summary>Reports a download as a stage of the loading, too.</summary>
    private sealed class StageReports(IProgress<DownloadProgress>? downloads, IProgress<MusicProgress>? stages) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            downloads?.Report(value);
            if (value.Total > 0)
            {
                stages?.Report(new MusicProgress(MusicStage.Downloading, value.Completed, value.Total, value.Remaining));
            }
        }
    }
}
