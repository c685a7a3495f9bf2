using AceStep.Checkpoints;
using AceStep.Models;

namespace AceStep.Hub;

/// <summary>Describes what is in a cache: kind, size, and whether it is complete.</summary>
internal static class HubModels
{
    private const string PartialEnding = ".incomplete";

    /// <summary>Describes a repository in a cache.</summary>
    public static StoredModel Describe(HubCache cache, string name)
    {
        string folder = cache.Repository(name);
        string[] commits = [.. cache.Commits(name)];
        (StoredModelKind kind, bool isComplete) = commits.Select(commit => Look(cache.Snapshot(name, commit), name)).DefaultIfEmpty((Kind: StoredModelKind.Other, IsComplete: false))
            .OrderByDescending(found => found.IsComplete).ThenBy(found => found.Kind).First();
        (long bytes, long incomplete) = Sizes(folder);
        return new StoredModel
        {
            Name = name,
            Kind = kind == StoredModelKind.Other && name == KnownFiles.ReleasedName ? StoredModelKind.Checkpoint : kind,
            Folder = folder,
            Commits = commits,
            Bytes = bytes,
            IncompleteBytes = incomplete,
            IsComplete = isComplete,
        };
    }

    /// <summary>The total size of complete and of incomplete files in a folder. Links do not count.</summary>
    public static (long Bytes, long Incomplete) Sizes(string folder)
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        FileInfo[] files = Directory.Exists(folder) ? [.. new DirectoryInfo(folder).EnumerateFiles("*", all)] : [];
        long incomplete = files.Where(file => file.Name.EndsWith(PartialEnding, StringComparison.Ordinal)).Sum(file => file.Length);
        return (files.Sum(file => file.Length) - incomplete, incomplete);
    }

    /// <summary>Whether a file is ComfyUI's single file of this model, judged by its header.</summary>
    public static bool IsCheckpoint(string file) => Kind(file) == StoredModelKind.Checkpoint;

    private static (StoredModelKind Kind, bool IsComplete) Look(string snapshot, string name)
    {
        try
        {
            ModelSelection selection = ModelSelection.Choose(HubCache.Files(snapshot), ModelKind.Any, name);
            StoredModelKind kind = selection.Kind switch
            {
                ModelKind.Checkpoint => StoredModelKind.Checkpoint,
                ModelKind.Lora => StoredModelKind.Lora,
                _ => Kind(Path.Combine(snapshot, selection.Main)),
            };
            return (kind, selection.IsComplete(snapshot));
        }
        catch (DownloadException)
        {
            return (StoredModelKind.Other, false);
        }
    }

    private static StoredModelKind Kind(string file)
    {
        try
        {
            using SafetensorsFile weights = SafetensorsFile.Open(file);
            return weights.Entries.ContainsKey(CheckpointLayout.SingleMark) ? StoredModelKind.Checkpoint
                : weights.Names.Any(tensor => tensor.Contains("lora", StringComparison.OrdinalIgnoreCase)) ? StoredModelKind.Lora
                : StoredModelKind.Other;
        }
        catch (Exception error) when (error is CheckpointFormatException or IOException or UnauthorizedAccessException)
        {
            return StoredModelKind.Other;
        }
    }
}
