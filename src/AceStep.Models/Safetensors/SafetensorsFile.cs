using System.Globalization;
using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace AceStep.Models;

/// <summary>
/// A safetensors file. Opening reads and checks the header alone; a tensor's bytes are read when it is asked for, piece by
/// piece, straight into the memory that asks.
/// </summary>
/// <remarks>
/// Tensors may be read from several threads at once. The tensors that were read stay when the file is disposed. A file must
/// not be changed while it is open: one that is cut short, or written to, is refused by the next read. Another file may take
/// its name. It is not mapped: a mapped file that is cut short, or a disk that fails, would end the process.
/// </remarks>
public sealed class SafetensorsFile : ITensorSource, IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly long _length;
    private readonly DateTime _written;
    private readonly OrderedDictionary<string, SafetensorsEntry> _entries;

    /// <summary>A file on disk, by its handle, or one in memory, by its bytes.</summary>
    private SafetensorsFile(string path, SafeFileHandle? handle, ReadOnlyMemory<byte> memory, long length, DateTime written)
    {
        Path = path;
        _handle = handle;
        _memory = memory;
        _length = length;
        _written = written;
        SafetensorsHeader header = ReadHeader();
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
    /// The file is not a safetensors file, or is damaged; the message says by which rule, and what it is instead where its
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
            return new SafetensorsFile(path, handle, default, length, File.GetLastWriteTimeUtc(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that is in memory.</summary>
    /// <param name="file">Its bytes; they must not change.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="CheckpointFormatException">As for a file on disk.</exception>
    internal static SafetensorsFile Open(ReadOnlyMemory<byte> file, string name) => new(name, null, file, file.Length, default);

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
    /// <exception cref="CheckpointFormatException">The file has changed since it was opened, or a BOOL is neither 0 nor 1.</exception>
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
    /// <exception cref="CheckpointFormatException">The file has changed since it was opened, or a BOOL is neither 0 nor 1.</exception>
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

        TensorFiller.Fill(destination, entry.Type, (offset, target) => ReadPiece(entry, offset, target, torch.get_num_threads()));
        RequireUnchanged(name);
    }

    /// <summary>A tensor's elements as they are read (eight-bit floats as bfloat16), without libtorch.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="CheckpointFormatException">It has more bytes than an array can hold, or the file has become shorter since it was opened.</exception>
    internal byte[] ReadElements(string name)
    {
        SafetensorsEntry entry = Entry(name);
        long size = Float8.Is(entry.StoredType) ? 2 * entry.ByteCount : entry.ByteCount;
        if (size > Array.MaxLength)
        {
            throw new CheckpointFormatException(Path, $"a tensor that is read whole must have at most {Array.MaxLength} bytes; it has {size}", name);
        }

        byte[] elements = new byte[size];
        ReadPiece(entry, 0, elements, threads: 1);
        RequireUnchanged(name);
        return elements;
    }

    /// <summary>Closes the file. Tensors that were read stay.</summary>
    public void Dispose() => _handle?.Dispose();

    /// <summary>Looked at after the bytes, so that none were written before them or meanwhile.</summary>
    private void RequireUnchanged(string name)
    {
        if (_handle is not null && File.GetLastWriteTimeUtc(_handle) is var written && written != _written)
        {
            throw new CheckpointFormatException(
                Path, string.Create(CultureInfo.InvariantCulture, $"the file must not change while it is open; it was opened as written at {_written:O}, and now was written to at {written:O}"), name);
        }
    }

    private SafetensorsHeader ReadHeader()
    {
        Span<byte> start = stackalloc byte[ForeignFile.TellingBytes];
        start = start[..ReadUpTo(start, 0)];
        if (ForeignFile.Describe(start, _length) is { } other)
        {
            throw new CheckpointFormatException(Path, $"weights must be a safetensors file; this is {other}");
        }

        if (_length < SafetensorsHeader.LengthFieldSize)
        {
            throw new CheckpointFormatException(Path, $"a safetensors file must have at least {SafetensorsHeader.LengthFieldSize} bytes; it has {_length}");
        }

        int length = SafetensorsHeader.ParseLength(start[..SafetensorsHeader.LengthFieldSize], _length, Path);
        byte[] header = new byte[length];
        int read = ReadUpTo(header, SafetensorsHeader.LengthFieldSize);
        return read == length
            ? SafetensorsHeader.Parse(header, _length, Path)
            : throw new CheckpointFormatException(Path, $"the file must not change while it is open; it had {_length} bytes, and now ends after {SafetensorsHeader.LengthFieldSize + read}");
    }

    private void ReadPiece(SafetensorsEntry entry, long offset, Span<byte> target, int threads)
    {
        bool isFloat8 = Float8.Is(entry.StoredType);
        Span<byte> stored = isFloat8 ? target[(target.Length / 2)..] : target;
        if (ReadUpTo(stored, entry.Offset + (isFloat8 ? offset / 2 : offset), threads) < stored.Length)
        {
            throw new CheckpointFormatException(
                Path, $"the file must not change while it is open; it had {_length} bytes and now has {RandomAccess.GetLength(_handle!)}", entry.Name);
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

    /// <summary>Fills a span with the bytes from an offset on; fewer at the end of the file.</summary>
    private int ReadUpTo(Span<byte> target, long offset, int threads = 1)
    {
        if (_handle is not null)
        {
            return FileBytes.ReadUpTo(_handle, target, offset, threads);
        }

        ReadOnlySpan<byte> left = _memory.Span[(int)Math.Min(offset, _memory.Length)..];
        left = left[..Math.Min(left.Length, target.Length)];
        left.CopyTo(target);
        return left.Length;
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
