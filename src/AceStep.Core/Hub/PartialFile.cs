using System.Buffers;
using System.Security.Cryptography;

namespace AceStep.Hub;

/// <summary>A file of data that has arrived so far, hashed as it arrives. If the process is killed, the next one continues with it.</summary>
internal sealed class PartialFile : IDisposable
{
    private const int BufferSize = 1024 * 1024;

    private readonly FileStream _stream;
    private readonly RemoteFile _file;
    private IncrementalHash? _hash;

    private PartialFile(FileStream stream, RemoteFile file) => (_stream, _file) = (stream, file);

    /// <summary>The number of bytes that have arrived.</summary>
    public long Position => _stream.Position;

    /// <summary>Opens the file of an earlier attempt, or a new one.</summary>
    public static async Task<PartialFile> OpenAsync(string path, RemoteFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Unbuffered, so that written data survives if the process is killed.
        PartialFile partial = new(new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 }), file);
        try
        {
            partial.Begin();
            await partial.HashPresentAsync(cancellationToken).ConfigureAwait(false);
            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash?.AppendData(bytes);
    }

    /// <summary>Discards all data.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        Begin();
    }

    /// <summary>Whether the data has the file's hash. If so, it is also flushed to the disk.</summary>
    public bool Verify(out string actual)
    {
        actual = "";
        if (_hash is not null && !_file.Checksum!.Matches(_hash, out actual))
        {
            return false;
        }

        _stream.Flush(flushToDisk: true);
        return true;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash?.Dispose();
    }

    private void Begin()
    {
        _hash?.Dispose();
        _hash = _file.Checksum?.Begin(_file.Bytes);
    }

    private async Task HashPresentAsync(CancellationToken cancellationToken)
    {
        if (_stream.Length > _file.Bytes)
        {
            _stream.SetLength(0);
        }

        if (_hash is null)
        {
            _stream.Position = _stream.Length;
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int read; (read = await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                _hash.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
