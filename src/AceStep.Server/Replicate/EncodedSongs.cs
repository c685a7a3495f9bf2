using System.Security.Cryptography;
using AceStep.Audio;
using AceStep.Server.Storage;

namespace AceStep.Server.Replicate;

/// <summary>
/// Songs in another format than they were made in: encoded once, one at a time, and kept as files while they are asked for.
/// Players ask for a song in pieces, which must be pieces of the same file: some encoders never write the same one twice.
/// </summary>
internal sealed class EncodedSongs : IDisposable
{
    private const int MostKept = 16;

    private readonly string _folder;
    private readonly SemaphoreSlim _encoding = new(1, 1);
    private readonly Lock _gate = new();

    /// <summary>The one asked for longest ago first.</summary>
    private readonly List<Encoded> _songs = [];

    /// <param name="caches">Where the files are; what an earlier process left there is removed.</param>
    public EncodedSongs(CacheFolders caches)
    {
        _folder = caches.Encoded;
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Opens a song in a format.</summary>
    /// <param name="file">The stored file's name.</param>
    /// <param name="song">The stored file; it is closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="cancellationToken">Stops the waiting for others' songs.</param>
    /// <returns>The encoded file, and what its content is called.</returns>
    public async Task<(Stream Stream, string Tag)> OpenAsync(string file, Stream song, AudioFormat format, CancellationToken cancellationToken)
    {
        await using Stream source = song;
        string name = $"{file}.{MediaTypes.ExtensionOf(format)}";
        if (TryOpen(name) is { } known)
        {
            return known;
        }

        await _encoding.WaitAsync(cancellationToken);
        try
        {
            if (TryOpen(name) is { } others)
            {
                return others;
            }

            Encoded encoded = await Task.Run(() => Encode(name, source, format), cancellationToken);
            lock (_gate)
            {
                while (_songs.Count >= MostKept)
                {
                    // Whoever reads it keeps what was opened.
                    File.Delete(_songs[0].Path);
                    _songs.RemoveAt(0);
                }

                _songs.Add(encoded);
                return (Open(encoded), encoded.Tag);
            }
        }
        finally
        {
            _encoding.Release();
        }
    }

    /// <summary>Removes what there is of a prediction's song.</summary>
    public void Remove(string predictionId)
    {
        lock (_gate)
        {
            foreach (Encoded song in _songs.Where(song => song.Name.Split('-')[0] == predictionId).ToArray())
            {
                File.Delete(song.Path);
                _songs.Remove(song);
            }
        }
    }

    public void Dispose() => _encoding.Dispose();

    private (Stream Stream, string Tag)? TryOpen(string name)
    {
        lock (_gate)
        {
            if (_songs.Find(song => song.Name == name) is not { } known)
            {
                return null;
            }

            _songs.Remove(known);
            _songs.Add(known);
            return (Open(known), known.Tag);
        }
    }

    private Encoded Encode(string name, Stream song, AudioFormat format)
    {
        string path = Path.Combine(Directory.CreateDirectory(_folder).FullName, Path.GetRandomFileName());
        try
        {
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            AudioFile.Save(AudioFile.Load(song), file, format, new AudioSaveOptions { Encoding = format == AudioFormat.Wav ? SampleEncoding.Pcm16 : null });
            file.Position = 0;
            return new Encoded(name, path, Convert.ToHexStringLower(SHA256.HashData(file).AsSpan(0, 16)));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static FileStream Open(Encoded song) => new(song.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous);

    private sealed record Encoded(string Name, string Path, string Tag);
}
