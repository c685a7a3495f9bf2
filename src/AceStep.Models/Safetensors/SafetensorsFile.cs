using System.IO.MemoryMappedFiles;
using TorchSharp;

namespace AceStep.Models;

/// <summary>
/// A safetensors file, mapped into memory. Opening reads and checks the header alone; a tensor's bytes are read when it is
/// asked for, straight into the memory that asks.
/// </summary>
/// <remarks>
/// Tensors may be read from several threads at once. The tensors that were read stay when the file is disposed. A file must
/// not be changed while it is open: one that is cut short is refused by the next read.
/// </remarks>
public sealed class SafetensorsFile : ITensorSource, IDisposable
{
    private readonly FileStream _stream;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _length;
    private readonly OrderedDictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(FileStream stream, MemoryMappedFile map, MemoryMappedViewAccessor view, long length, SafetensorsHeader header)
    {
        _stream = stream;
        _map = map;
        _view = view;
        _length = length;
        _entries = new OrderedDictionary<string, SafetensorsEntry>(header.Entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            _entries.Add(entry.Name, entry);
        }

        Metadata = header.Metadata;
    }

    /// <summary>The file's path, as it was given.</summary>
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
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            long length = stream.Length;
            if (length < SafetensorsHeader.LengthFieldSize)
            {
                throw new CheckpointFormatException(path, $"a safetensors file must have at least {SafetensorsHeader.LengthFieldSize} bytes; it has {length}");
            }

            map = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(stream, map, view, length, ReadHeader(view, length, path));
        }
        catch
        {
            view?.Dispose();
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
    public unsafe void Read(string name, torch.Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        SafetensorsEntry entry = Entry(name);
        if (!destination.shape.AsSpan().SequenceEqual([.. entry.Shape]))
        {
            throw new ArgumentException(
                $"{Path}, tensor \"{name}\": the destination must have the shape [{string.Join(", ", entry.Shape)}]; it has [{string.Join(", ", destination.shape)}].",
                nameof(destination));
        }

        // Held while reading, so that disposing the file on another thread cannot unmap it underneath.
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            byte* stored = start + _view.PointerOffset + entry.Offset;
            TensorFiller.Fill(destination, entry.Type, (offset, count) => Checked(entry, new ReadOnlySpan<byte>(stored + offset, count)));
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Closes the file. Tensors that were read stay.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
        _stream.Dispose();
    }

    private static unsafe SafetensorsHeader ReadHeader(MemoryMappedViewAccessor view, long length, string path)
    {
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += view.PointerOffset;
            int headerLength = SafetensorsHeader.ParseLength(new ReadOnlySpan<byte>(start, SafetensorsHeader.LengthFieldSize), length, path);
            return SafetensorsHeader.Parse(new ReadOnlySpan<byte>(start + SafetensorsHeader.LengthFieldSize, headerLength), length, path);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private ReadOnlySpan<byte> Checked(SafetensorsEntry entry, ReadOnlySpan<byte> piece)
    {
        // Touching a mapped page beyond the file's end would end the process.
        long length = RandomAccess.GetLength(_stream.SafeFileHandle);
        if (length < _length)
        {
            throw new CheckpointFormatException(Path, $"the file must not change while it is open; it had {_length} bytes and now has {length}", entry.Name);
        }

        if (entry.Type == torch.ScalarType.Bool && piece.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw new CheckpointFormatException(Path, "a BOOL must be 0 or 1", entry.Name);
        }

        return piece;
    }

    private SafetensorsEntry Entry(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _entries.TryGetValue(name, out SafetensorsEntry? entry)
            ? entry
            : throw new KeyNotFoundException($"{Path} has no tensor \"{name}\".");
    }
}
