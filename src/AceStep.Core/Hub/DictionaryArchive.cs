using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace AceStep.Hub;

/// <summary>Unpacks the known files of a dictionary from its archive, and verifies each.</summary>
internal static class DictionaryArchive
{
    private const int BufferSize = 1024 * 1024;

    /// <summary>Unpacks a dictionary into a folder that appears only when it is complete.</summary>
    /// <exception cref="DownloadException">A file is missing or has wrong contents.</exception>
    public static void Unpack(string archive, KnownDictionary dictionary, string folder, CancellationToken cancellationToken)
    {
        string name = Path.GetFileName(folder);
        string parent = Path.GetDirectoryName(folder)!;
        foreach (string abandoned in Directory.EnumerateDirectories(parent, $"{name}.*.tmp"))
        {
            Directory.Delete(abandoned, recursive: true);
        }

        string temporary = Directory.CreateDirectory($"{folder}.{Guid.NewGuid():N}.tmp").FullName;
        try
        {
            Unpack(archive, dictionary, temporary, folder, cancellationToken);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static void Unpack(string archive, KnownDictionary dictionary, string temporary, string folder, CancellationToken cancellationToken)
    {
        HashSet<string> missing = [.. dictionary.Files.Keys];
        try
        {
            using FileStream stream = new(archive, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);
            using GZipStream unzipped = new(stream, CompressionMode.Decompress);
            using TarReader reader = new(unzipped);
            while (missing.Count > 0 && reader.GetNextEntry() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (entry.Name.StartsWith(dictionary.Folder, StringComparison.Ordinal) && entry.Name[dictionary.Folder.Length..] is var file && missing.Remove(file))
                {
                    Write(entry, dictionary.Files[file], Path.Combine(temporary, file), cancellationToken);
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new DownloadException($"{archive} is not a complete archive: {error.Message}", error);
        }

        if (missing.Count > 0)
        {
            throw new DownloadException($"{archive} lacks {string.Join(", ", missing)}.");
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(temporary, folder);
    }

    private static void Write(TarEntry entry, KnownFile known, string path, CancellationToken cancellationToken)
    {
        string actual = $"{entry.Length} bytes";
        if (entry.Length == known.Bytes && entry.DataStream is { } contents)
        {
            using IncrementalHash hash = known.Checksum.Begin(known.Bytes);
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            byte[] buffer = new byte[BufferSize];
            for (int read; (read = contents.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Write(buffer, 0, read);
                hash.AppendData(buffer, 0, read);
            }

            file.Flush(flushToDisk: true);
            if (known.Checksum.Matches(hash, out actual))
            {
                return;
            }
        }

        throw new DownloadException($"{entry.Name} has the wrong contents: {actual}; they must be {known.Bytes} bytes, {known.Checksum}.");
    }
}
