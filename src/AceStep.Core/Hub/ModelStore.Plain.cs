using System.Security.Cryptography;
using AceStep.Hub;

namespace AceStep;

public sealed partial class ModelStore
{
    private const string PlainLocks = ".acestep";

    /// <summary>Where a file goes in a folder that the user names.</summary>
    private static FilePlace PlainPlace(string folder, RemoteFile file) =>
        new(SafePath.Below(folder, file.Path), null, Path.Combine(folder, PlainLocks, $"{file.Key}.lock"));

    /// <summary>Checks that no other file would be overwritten, and copies what the cache already has.</summary>
    private static void PreparePlain(IReadOnlyList<(RemoteFile File, FilePlace Place)> files, HubCache cache, string repository, string commit)
    {
        foreach ((RemoteFile file, FilePlace place) in files)
        {
            RequireSame(file, place);
            FilePlace cached = cache.Place(repository, commit, file);
            if (!place.IsComplete(file.Bytes) && place.PartialBytes == 0 && cached.IsComplete(file.Bytes))
            {
                // Copied to the partial file, where it is verified like downloaded data.
                Directory.CreateDirectory(Path.GetDirectoryName(place.Partial)!);
                File.Copy(cached.File, place.Partial, overwrite: true);
            }
        }
    }

    private static void RequireSame(RemoteFile file, FilePlace place)
    {
        if (!File.Exists(place.Contents))
        {
            return;
        }

        if (!place.IsComplete(file.Bytes) || !HasContents(file, place))
        {
            throw new DownloadException($"{place.Contents} already exists, differs from {file.Path} of {file.Address.Host}, and is not replaced. Remove it, or choose another folder.");
        }
    }

    private static bool HasContents(RemoteFile file, FilePlace place)
    {
        if (file.Checksum is not { } checksum)
        {
            return true;
        }

        using IncrementalHash hash = checksum.Begin(file.Bytes);
        using FileStream stream = File.OpenRead(place.Contents);
        byte[] buffer = new byte[1024 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }

        return checksum.Matches(hash, out _);
    }
}
