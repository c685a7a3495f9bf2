using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace AceStep.Server.Storage;

/// <summary>Blobs as files of a folder, one folder below it for each kind.</summary>
internal sealed partial class FileBlobStore : IBlobStore
{
    private const string TemporaryFolder = "tmp";

    private readonly string _root;
    private readonly Func<long> _reserve;

    /// <param name="root">The folder; made where it is missing. What an earlier process left half written there is removed.</param>
    /// <param name="reserve">Bytes of the disk that are left free.</param>
    public FileBlobStore(string root, Func<long> reserve)
    {
        _root = root;
        _reserve = reserve;
        string temporary = Path.Combine(root, TemporaryFolder);
        Directory.CreateDirectory(temporary);
        foreach (string file in Directory.EnumerateFiles(temporary))
        {
            File.Delete(file);
        }
    }

    public async Task<long> PutAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken = default)
    {
        string path = PathOf(name);
        RequireRoom(0);
        string temporary = Path.Combine(_root, TemporaryFolder, Path.GetRandomFileName());
        try
        {
            long bytes;
            await using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                await write(stream, cancellationToken);
                stream.Flush(flushToDisk: true);
                bytes = stream.Length;
            }

            string folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            File.Move(temporary, path, overwrite: true);
            DurableFolder.Flush(folder);
            return bytes;
        }
        catch (IOException error) when (DiskRoom.IsFull(error))
        {
            throw new StorageFullException("The disk is full; nothing was kept of what was being written.", error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            // Whoever reads keeps what was opened, even when it is deleted meanwhile.
            return Task.FromResult<Stream?>(new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        string path = PathOf(name);
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DirectoryInfo directory = new(Path.Combine(_root, folder));
        if (!directory.Exists)
        {
            yield break;
        }

        await Task.CompletedTask;
        foreach (FileInfo file in directory.EnumerateFiles())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new BlobInfo($"{folder}/{file.Name}", file.Length, file.LastWriteTimeUtc);
        }
    }

    public void RequireRoom(long bytes) => DiskRoom.Require(_root, bytes, _reserve());

    /// <summary>Refuses a name that is none of a blob.</summary>
    /// <exception cref="ArgumentException">It has not the form.</exception>
    public static string RequireName(string name) => Name().IsMatch(name)
        ? name
        : throw new ArgumentException($"A blob's name has a folder of small letters and a file of letters, digits, dots and dashes; it is '{name}'.", nameof(name));

    private string PathOf(string name) => Path.Combine(_root, RequireName(name));

    [GeneratedRegex(@"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.-]{0,99}\z")]
    private static partial Regex Name();
}
