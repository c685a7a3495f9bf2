using System.IO.MemoryMappedFiles;
using TorchSharp;

namespace AceStep.Models;

/// <summary>
/// A safetensors file, mapped into memory. Opening reads and checks the header alone; a tensor's bytes are mapped when it is
/// asked for, piece by piece, and go straight into the memory that asks.
/// </summary>
/// <remarks>
/// Tensors may be read from several threads at once. The tensors that were read stay when the file is disposed. A file must
/// not be changed while it is open: one that is cut short is refused by the next read.
/// </remarks>
public sealed class SafetensorsFile : ITensorSource, IDisposable
{
    private readonly FileStream _stream;
    private readonly MemoryMappedFile _map;
    private readonly long _length;
    private readonly OrderedDictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(FileStream stream, MemoryMappedFile map, long length, SafetensorsHeader header)
    {
        _stream = stream;
        _map = map;
        _length = length;
        _entries = new OrderedDictionary<string, SafetensorsEntry>(header.Entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            _entries.Add(entry.Name, entry);
        }

        Metadata = header.Metadata;
    }

    /// <summary>The file's full path.</summary>
    public string Path => _stream.Name;

    /// <summary>The text by key that the header holds beside the tensors; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name, in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    string ITensorSource.Origin => Path;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="CheckpointFormatException">The file is no safetensors file, or a damaged one; the message says by which rule.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        MemoryMappedFile? map = null;
        try
        {
            long length = stream.Length;
            if (length < SafetensorsHeader.LengthFieldSize)
            {
                throw new CheckpointFormatException(path, $"a safetensors file must have at least {SafetensorsHeader.LengthFieldSize} bytes; it has {length}");
            }

            map = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new SafetensorsFile(stream, map, length, ReadHeader(map, length, path));
        }
        catch
        {
            map?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => Entry(name).Shape;

    /// <inheritdoc/>
    public torch.ScalarType Type(string name) => Entry(name).Type;

    /// <summary>Reads a tensor as it is stored, into memory of its own on the CPU.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened, or a BOOL is neither 0 nor 1.</exception>
    public torch.Tensor Read(string name)
    {
        SafetensorsEntry entry = Entry(name);
        Libtorch.Initialize();
        torch.Tensor tensor = torch.empty([.. entry.Shape], dtype: entry.Type, device: torch.CPU);
        try
        {
            Read(name, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened, or a BOOL is neither 0 nor 1.</exception>
    public void Read(string name, torch.Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        SafetensorsEntry entry = Entry(name);
        if (!destination.shape.AsSpan().SequenceEqual([.. entry.Shape]))
        {
            throw new ArgumentException(
                $"{Path}, tensor \"{name}\": the destination must have the shape [{string.Join(", ", entry.Shape)}]; it has [{string.Join(", ", destination.shape)}].",
                nameof(destination));
        }

        TensorFiller.Fill(destination, entry.Type, (offset, target) => ReadPiece(entry, offset, target));
    }

    /// <summary>Closes the file. Tensors that were read stay.</summary>
    public void Dispose()
    {
        _map.Dispose();
        _stream.Dispose();
    }

    private static SafetensorsHeader ReadHeader(MemoryMappedFile map, long fileLength, string path)
    {
        using MappedBytes field = new(map, 0, SafetensorsHeader.LengthFieldSize);
        int length = SafetensorsHeader.ParseLength(field.Span, fileLength, path);
        using MappedBytes header = new(map, 0, SafetensorsHeader.LengthFieldSize + length);
        return SafetensorsHeader.Parse(header.Span[SafetensorsHeader.LengthFieldSize..], fileLength, path);
    }

    private void ReadPiece(SafetensorsEntry entry, long offset, Span<byte> target)
    {
        // Touching a mapped page beyond the file's end would end the process.
        long length = RandomAccess.GetLength(_stream.SafeFileHandle);
        if (length < _length)
        {
            throw new CheckpointFormatException(Path, $"the file must not change while it is open; it had {_length} bytes and now has {length}", entry.Name);
        }

        using (MappedBytes stored = new(_map, entry.Offset + offset, target.Length))
        {
            stored.Span.CopyTo(target);
        }

        if (entry.Type == torch.ScalarType.Bool && target.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw new CheckpointFormatException(Path, "a BOOL must be 0 or 1", entry.Name);
        }
    }

    private SafetensorsEntry Entry(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _entries.TryGetValue(name, out SafetensorsEntry? entry)
            ? entry
            : throw new KeyNotFoundException($"{Path} has no tensor \"{name}\".");
    }
}
