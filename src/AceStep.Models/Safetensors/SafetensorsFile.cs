using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace AceStep.Models;

/// <summary>
/// A safetensors file. Opening reads and checks the header alone; a tensor's bytes are read when it is asked for, piece by
/// piece, straight into the memory that asks.
/// </summary>
/// <remarks>
/// Tensors may be read from several threads at once. The tensors that were read stay when the file is disposed. A file must
/// not be changed while it is open: one that is cut short is refused by the read that misses its bytes. It is not mapped:
/// a mapped file that is cut short, or a disk that fails, would end the process.
/// </remarks>
public sealed class SafetensorsFile : ITensorSource, IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly OrderedDictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(string path, SafeFileHandle handle, long length, SafetensorsHeader header)
    {
        Path = path;
        _handle = handle;
        _length = length;
        _entries = new OrderedDictionary<string, SafetensorsEntry>(header.Entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            _entries.Add(entry.Name, entry);
        }

        Metadata = header.Metadata;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>The text by key that the header holds beside the tensors; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name, in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    string ITensorSource.Origin => Path;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="CheckpointFormatException">
    /// The file is no safetensors file, or a damaged one; the message says by which rule, and what it is instead where its
    /// first bytes tell: a pickle, GGUF, a Git LFS pointer, a web page, a download that was cut short.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            long length = RandomAccess.GetLength(handle);
            return new SafetensorsFile(path, handle, length, ReadHeader(handle, length, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => Entry(name).Shape;

    /// <inheritdoc/>
    public torch.ScalarType Type(string name) => Entry(name).Type;

    /// <inheritdoc/>
    public string StoredType(string name) => Entry(name).StoredType;

    /// <inheritdoc/>
    public long StoredBytes(string name) => Entry(name).ByteCount;

    /// <summary>Reads a tensor as it is stored (eight-bit floats as bfloat16), into memory of its own on the CPU.</summary>
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
    public void Dispose() => _handle.Dispose();

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, long fileLength, string path)
    {
        Span<byte> start = stackalloc byte[ForeignFile.TellingBytes];
        start = start[..FileBytes.ReadUpTo(handle, start, 0)];
        if (ForeignFile.Describe(start, fileLength) is { } other)
        {
            throw new CheckpointFormatException(path, $"weights must be a safetensors file; this is {other}");
        }

        if (fileLength < SafetensorsHeader.LengthFieldSize)
        {
            throw new CheckpointFormatException(path, $"a safetensors file must have at least {SafetensorsHeader.LengthFieldSize} bytes; it has {fileLength}");
        }

        int length = SafetensorsHeader.ParseLength(start[..SafetensorsHeader.LengthFieldSize], fileLength, path);
        byte[] header = new byte[length];
        int read = FileBytes.ReadUpTo(handle, header, SafetensorsHeader.LengthFieldSize);
        return read == length
            ? SafetensorsHeader.Parse(header, fileLength, path)
            : throw new CheckpointFormatException(path, $"the file must not change while it is open; it had {fileLength} bytes, and now ends after {SafetensorsHeader.LengthFieldSize + read}");
    }

    private void ReadPiece(SafetensorsEntry entry, long offset, Span<byte> target)
    {
        bool isFloat8 = Float8.Is(entry.StoredType);
        Span<byte> stored = isFloat8 ? target[(target.Length / 2)..] : target;
        if (FileBytes.ReadUpTo(_handle, stored, entry.Offset + (isFloat8 ? offset / 2 : offset), torch.get_num_threads()) < stored.Length)
        {
            throw new CheckpointFormatException(
                Path, $"the file must not change while it is open; it had {_length} bytes and now has {RandomAccess.GetLength(_handle)}", entry.Name);
        }

        if (isFloat8)
        {
            Float8.Expand(target, entry.StoredType);
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

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The element type that it is read as: the stored one, or for eight-bit floats bfloat16, which holds each of their values.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the start of the file.</param>
/// <param name="ByteCount">How many bytes it has.</param>
/// <param name="StoredType">The element type as the file names it: "BF16", "F8_E4M3".</param>
public sealed record SafetensorsEntry(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount, string StoredType);
