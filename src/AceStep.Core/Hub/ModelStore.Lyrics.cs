using AceStep.Checkpoints;
using AceStep.Hub;

namespace AceStep;

public sealed partial class ModelStore
{
    /// <summary>The path of the released model's lyric vocabulary in the cache, whether it exists or not.</summary>
    private string VocabularyPath => Path.Combine(_settings.Assets, _known.LyricVocabulary.File.Checksum.Digits[..12], CheckpointLayout.LyricVocabularyFile);

    /// <summary>The folder of the Japanese dictionary in the cache, whether it exists or not. A folder of this name is also looked for beside checkpoints.</summary>
    private string DictionaryPath => Path.Combine(_settings.Assets, _known.Dictionary.Folder.Split('/')[0]);

    /// <summary>The released model's lyric vocabulary: from the cache, or downloaded (364 kB).</summary>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <exception cref="DownloadException">It is not in the cache, and cannot be downloaded.</exception>
    public async Task<string> GetLyricVocabularyAsync(CancellationToken cancellationToken = default) =>
        FindLyricVocabulary() ?? await FetchVocabularyAsync(VocabularyPath, cancellationToken).ConfigureAwait(false);

    /// <summary>The Japanese dictionary that the original uses: from the cache, or downloaded (47 MB; 260 MB unpacked).</summary>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>Its folder.</returns>
    /// <exception cref="DownloadException">It is not in the cache, and cannot be downloaded.</exception>
    public async Task<string> GetJapaneseDictionaryAsync(CancellationToken cancellationToken = default) =>
        FindJapaneseDictionary() ?? await FetchDictionaryAsync(DictionaryPath, cancellationToken).ConfigureAwait(false);

    /// <summary>The lyric vocabulary in the cache; null if it has not been downloaded.</summary>
    public string? FindLyricVocabulary() => File.Exists(VocabularyPath) ? VocabularyPath : null;

    /// <summary>The Japanese dictionary's folder in the cache; null if it has not been downloaded.</summary>
    public string? FindJapaneseDictionary() => _known.Dictionary.Files.All(file => new FileInfo(Path.Combine(DictionaryPath, file.Key)) is { Exists: true } found && found.Length == file.Value.Bytes) ? DictionaryPath : null;

    /// <summary>Finds a dictionary by its name: a folder, or a repository of the hub.</summary>
    internal async Task<string> GetDictionaryAsync(string name, CancellationToken cancellationToken)
    {
        string found = await FindAsync(name, ModelKind.Dictionary, cancellationToken).ConfigureAwait(false)
            ?? await FetchAsync(name, ModelKind.Dictionary, folder: null, cancellationToken).ConfigureAwait(false);
        return Directory.Exists(found) || !File.Exists(found) ? found : Path.GetDirectoryName(found)!;
    }

    /// <summary>Whether a checkpoint's folder or file has a lyric vocabulary of its own.</summary>
    internal static bool HasVocabulary(string checkpoint)
    {
        string folder = Directory.Exists(checkpoint) ? checkpoint : Path.GetDirectoryName(Path.GetFullPath(checkpoint))!;
        return File.Exists(Path.Combine(folder, CheckpointLayout.LyricVocabularyPath))
            || (!Directory.Exists(checkpoint) && File.Exists(Path.Combine(folder, CheckpointLayout.LyricVocabularyFile)));
    }

    /// <summary>Downloads the lyric vocabulary for a checkpoint that has none. If that fails it is only reported, since everything but lyrics works without it.</summary>
    private async Task FetchVocabularyForAsync(string checkpoint, CancellationToken cancellationToken, bool intoFolder = false)
    {
        bool isCheckpoint = Directory.Exists(Path.Combine(checkpoint, CheckpointLayout.TransformerFolder)) || (File.Exists(checkpoint) && HubModels.IsCheckpoint(checkpoint));
        if (!isCheckpoint || HasVocabulary(checkpoint) || (!intoFolder && FindLyricVocabulary() is not null))
        {
            return;
        }

        string path = !intoFolder ? VocabularyPath
            : Directory.Exists(checkpoint) ? Path.Combine(checkpoint, CheckpointLayout.LyricVocabularyPath)
            : Path.Combine(Path.GetDirectoryName(checkpoint)!, CheckpointLayout.LyricVocabularyFile);
        try
        {
            await FetchVocabularyAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (DownloadException error)
        {
            DownloadPlan plan = new() { Name = _known.LyricVocabulary.Name, Host = _known.LyricVocabulary.Address.Host, Folder = Path.GetDirectoryName(path)!, Files = [] };
            _progress?.Report(new DownloadProgress(plan, 0, 0, null, null, $"The lyric vocabulary is missing, so lyrics will not work ('acestep download {KnownFiles.LyricVocabularyName}' tries again): {error.Message}"));
        }
    }

    private async Task<string> FetchVocabularyAsync(string path, CancellationToken cancellationToken)
    {
        KnownAsset known = _known.LyricVocabulary;
        FilePlace place = Asset(path);
        RemoteFile file = Describe(known, Path.GetFileName(path));
        if (path != VocabularyPath)
        {
            RequireSame(file, place);
            if (FindLyricVocabulary() is { } cached && !File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Copy(cached, place.Partial, overwrite: true);
            }
        }

        RequireOnline(known.Name, $"it is not in {_settings.Assets}");
        await RunAsync(known.Name, known.Address.Host, null, Path.GetDirectoryName(path)!, [(file, place)], 0, cancellationToken).ConfigureAwait(false);
        return path;
    }

    private async Task<string> FetchDictionaryAsync(string folder, CancellationToken cancellationToken)
    {
        KnownDictionary known = _known.Dictionary;
        RequireOnline(known.Archive.Name, $"it is not in {_settings.Assets}");
        if (folder != DictionaryPath && Directory.Exists(folder))
        {
            throw new DownloadException($"{folder} already exists and is not replaced. Remove it, or choose another folder.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using FileLock gate = await FileLock.AcquireAsync(Asset(folder).Lock, _timing.LockPause, () => { }, cancellationToken).ConfigureAwait(false);
        if (folder == DictionaryPath && FindJapaneseDictionary() is { } present)
        {
            return present;
        }

        FilePlace archive = Asset($"{folder}.tar.gz");
        long unpacked = known.Files.Values.Sum(file => file.Bytes);
        await RunAsync(known.Archive.Name, known.Archive.Address.Host, null, folder, [(Describe(known.Archive, Path.GetFileName(archive.Contents)), archive)], unpacked, cancellationToken).ConfigureAwait(false);
        await Task.Run(() => DictionaryArchive.Unpack(archive.Contents, known, folder, cancellationToken), cancellationToken).ConfigureAwait(false);
        File.Delete(archive.Contents);
        return folder;
    }

    private static RemoteFile Describe(KnownAsset asset, string path) => new(path, asset.Address, asset.File.Bytes, asset.File.Checksum.Digits, asset.File.Checksum);
}
