using AceStep.Hub;
using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>
/// Finds the checkpoint that a path means: the folder itself, the only checkpoint below it (a hub's cache, a folder of
/// models), or ComfyUI's single file. If there is none, the error says what is there instead.
/// </summary>
internal static class CheckpointFinder
{
    // From a hub's home (hub/models--owner--name/snapshots/revision) to a checkpoint, and one more.
    private const int DeepestFolder = 5;

    // A folder with more subfolders than this is not a folder of models; searching it would only take long.
    private const int MostFolders = 2000;

    // ComfyUI keeps its models in one folder; each header is read.
    private const int MostFiles = 200;

    private const string Safetensors = ".safetensors";

    /// <summary>Finds the checkpoint.</summary>
    /// <param name="path">A folder or file.</param>
    /// <returns>The folder in the released layout, or ComfyUI's single file.</returns>
    /// <exception cref="DirectoryNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no checkpoint, or more than one.</exception>
    /// <exception cref="CheckpointFormatException">The file is not a checkpoint; says what it is.</exception>
    public static string Find(string path)
    {
        if (WeightFiles.IsThere(path))
        {
            RequireSingleFile(path);
            return path;
        }

        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException(WeightFiles.BrokenLink(path) is { } target ? $"{path} is a link to {target}, which does not exist." : MusicCheckpoint.DescribeMissing(path));
        }

        if (IsCheckpoint(path))
        {
            return path;
        }

        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) is { } parent && IsPart(path) && IsCheckpoint(parent))
        {
            throw new FileNotFoundException($"{path} is only one part of a checkpoint; give the checkpoint's folder, {parent}.");
        }

        List<string> found = [.. Below(path)];
        return found switch
        {
            [string only] => only,
            [] => throw new FileNotFoundException(DescribeWithout(path)),
            _ => throw new FileNotFoundException($"{path} contains {found.Count} checkpoints; give one of them: {string.Join(", ", found.Take(5))}{(found.Count > 5 ? ", ..." : "")}."),
        };
    }

    /// <summary>Whether a folder has the released layout, complete or not.</summary>
    private static bool IsCheckpoint(string folder) => CheckpointLayout.Parts.Any(part => Directory.Exists(Path.Combine(folder, part.Folder)));

    private static bool IsPart(string folder) =>
        CheckpointLayout.Parts.Any(part => part.Folder == Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));

    /// <summary>The checkpoints below a folder, nearest first.</summary>
    private static IEnumerable<string> Below(string root)
    {
        Queue<(string Folder, int Depth)> queue = new([(root, 0)]);
        HashSet<string> seen = new(StringComparer.Ordinal);
        int files = 0;
        while (queue.TryDequeue(out (string Folder, int Depth) next) && seen.Count < MostFolders)
        {
            // A symbolic link may point to a folder above it; without this check the search would not end.
            if (!seen.Add(RealPath(next.Folder)))
            {
                continue;
            }

            if (next.Depth > 0 && IsCheckpoint(next.Folder))
            {
                yield return next.Folder;
                continue;
            }

            foreach (string file in Entries(next.Folder, areFiles: true).Where(file => file.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase)))
            {
                if (files++ < MostFiles && KindOf(file) == TensorKind.SingleFile)
                {
                    yield return file;
                }
            }

            if (next.Depth < DeepestFolder)
            {
                foreach (string folder in FoldersOf(next.Folder))
                {
                    queue.Enqueue((folder, next.Depth + 1));
                }
            }
        }
    }

    /// <summary>The folders to search. For a repository in a hub's cache, only the revision that its main branch names.</summary>
    private static IEnumerable<string> FoldersOf(string folder) => HubCache.MainSnapshot(folder) is { } snapshot
        ? [snapshot]
        : Entries(folder, areFiles: false).Where(entry => Path.GetFileName(entry) is var name && !name.StartsWith('.') && name is not ("blobs" or "refs"));

    private static string[] Entries(string folder, bool areFiles)
    {
        try
        {
            string[] entries = areFiles ? Directory.GetFiles(folder) : Directory.GetDirectories(folder);
            Array.Sort(entries, StringComparer.Ordinal);
            return entries;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string RealPath(string folder)
    {
        try
        {
            return Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(folder);
        }
        catch (IOException)
        {
            return Path.GetFullPath(folder);
        }
    }

    /// <summary>What a safetensors file holds; unknown if it cannot be read.</summary>
    private static TensorKind KindOf(string file)
    {
        try
        {
            using SafetensorsFile opened = SafetensorsFile.Open(file);
            return TensorKinds.Of(opened.Names);
        }
        catch (Exception error) when (error is CheckpointFormatException or IOException or UnauthorizedAccessException)
        {
            return TensorKind.Unknown;
        }
    }

    private static void RequireSingleFile(string path)
    {
        using TensorFiles files = TensorFiles.Open(path);
        TensorKind kind = TensorKinds.Of(files.Names);
        if (kind != TensorKind.SingleFile)
        {
            throw new CheckpointFormatException(path, $"a checkpoint must be a folder in the released layout, or ComfyUI's single file of this model with {CheckpointLayout.SingleMark}; this file {TensorKinds.WhyNoCheckpoint(kind)}");
        }
    }

    /// <summary>What a folder without a checkpoint holds instead.</summary>
    private static string DescribeWithout(string folder)
    {
        string[] files = Entries(folder, areFiles: true);
        string[] folders = [.. Entries(folder, areFiles: false).Select(entry => Path.GetFileName(entry)!)];
        string nothing = $"There is no checkpoint in {folder}";
        if (folders.Any(name => name.StartsWith("acestep-v15", StringComparison.OrdinalIgnoreCase)))
        {
            return $"{nothing}: it holds weights {TensorKinds.AnotherModel}.";
        }

        TensorKind[] kinds = [.. files.Where(file => file.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase)).Take(MostFiles).Select(KindOf).Distinct()];
        string? other = kinds.Where(kind => kind != TensorKind.Unknown).Select(kind => $": a file in it {TensorKinds.WhyNoCheckpoint(kind)}.").FirstOrDefault();
        string layout = string.Join(", ", CheckpointLayout.Parts.Select(part => part.Folder));
        return nothing + (other ?? $": neither it nor a folder in it has the released layout (folders {layout}) or ComfyUI's single file. {MusicCheckpoint.WhereToGet}");
    }
}
