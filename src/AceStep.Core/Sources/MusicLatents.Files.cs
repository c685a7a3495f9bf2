using System.Runtime.InteropServices;
using AceStep.Audio;
using AceStep.Models;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>Latents as small safetensors files, which are read and written without libtorch.</summary>
public sealed partial class MusicLatents
{
    internal const string TensorName = "latents";

    /// <summary>The number of bytes at the start of a file that tell whether it holds latents.</summary>
    internal const int TellingBytes = 9;

    private const string FormatKey = "format";
    private const string Format = "acestep-latents-1";
    private const string StreamName = "the stream";
    private const int BlockLength = 1 << 16;

    /// <summary>Saves the latents and their settings as a small safetensors file. If that fails, no incomplete file is left.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        OutputFile.Write(path, Save);
    }

    /// <summary>Writes the file to a stream, which need not be seekable and is not closed.</summary>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Header());
        stream.Write(MemoryMarshal.AsBytes(Values));
    }

    /// <summary>Writes the file to a stream with asynchronous writes only, so that the stream may be the body of an ASP.NET Core response. The stream is not closed.</summary>
    public async Task SaveAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await stream.WriteAsync(Header(), cancellationToken).ConfigureAwait(false);
        byte[] block = new byte[BlockLength];
        for (int start = 0, length; start < sizeof(float) * _values.Length; start += length)
        {
            length = Math.Min(block.Length, (sizeof(float) * _values.Length) - start);
            MemoryMarshal.AsBytes(Values).Slice(start, length).CopyTo(block);
            await stream.WriteAsync(block.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads latents saved by <see cref="Save(string)"/>.</summary>
    /// <exception cref="CheckpointFormatException">The file is not a safetensors file, or does not hold latents.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MusicLatents Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return Read(file);
    }

    /// <summary>Reads latents from a stream, from its position to its end. The stream is not closed.</summary>
    /// <exception cref="CheckpointFormatException">
    /// The stream is not a safetensors file, does not hold latents, or has more than <see cref="AudioFile.MaxStreamLength"/> bytes.
    /// </exception>
    public static MusicLatents Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream file = new();
        byte[] block = new byte[BlockLength];
        for (int read; (read = stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
        {
            Append(file, block.AsSpan(0, read));
        }

        return Read(file);
    }

    /// <summary>Reads latents from a stream with asynchronous reads only, from its position to its end. The stream is not closed.</summary>
    /// <inheritdoc cref="Load(Stream)" path="/exception" />
    public static async Task<MusicLatents> LoadAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream file = new();
        byte[] block = new byte[BlockLength];
        for (int read; (read = await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            Append(file, block.AsSpan(0, read));
        }

        return Read(file);
    }

    /// <summary>
    /// Whether a file holds saved latents, whatever its extension: whether it begins like a safetensors file, which no audio file does.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsSaved(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Span<byte> start = stackalloc byte[TellingBytes];
        using FileStream file = File.OpenRead(path);
        return IsSaved(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    /// <summary>Whether the first bytes are those of saved latents: the header's size in eight bytes, of which latents use only three, then the header, a JSON object.</summary>
    internal static bool IsSaved(ReadOnlySpan<byte> start) =>
        start.Length >= TellingBytes && start[3..8].IndexOfAnyExcept((byte)0) < 0 && start[8] == (byte)'{';

    private byte[] Header() => SafetensorsWriter.BuildHeader(
        [(TensorName, ScalarType.Float32, [1, LatentFrames.Channels, LatentFrames.Rows, Frames])],
        new Dictionary<string, string>(Settings) { [FormatKey] = Format });

    /// <summary>Appends bytes that were read. The first ones must be those of latents, and their number is limited.</summary>
    private static void Append(MemoryStream file, ReadOnlySpan<byte> read)
    {
        if (file.Length == 0 && !IsSaved(read))
        {
            string? other = ForeignFile.Describe(read[..Math.Min(read.Length, ForeignFile.TellingBytes)], read.Length);
            throw new CheckpointFormatException(StreamName, $"latents must be a safetensors file{(other is null ? ", which this is not" : $"; this is {other}")}");
        }

        file.Write(read);
        if (file.Length > AudioFile.MaxStreamLength)
        {
            throw new CheckpointFormatException(StreamName, $"latents must have at most {AudioFile.MaxStreamLength} bytes; there are more");
        }
    }

    private static MusicLatents Read(MemoryStream stream)
    {
        using SafetensorsFile file = SafetensorsFile.Open(stream.GetBuffer().AsMemory(0, (int)stream.Length), StreamName);
        return Read(file);
    }

    private static MusicLatents Read(SafetensorsFile file)
    {
        if (!file.Names.Contains(TensorName))
        {
            throw new CheckpointFormatException(file.Path, "a file of latents must hold this tensor", TensorName);
        }

        IReadOnlyList<long> shape = file.Shape(TensorName);
        if (shape is not [1, LatentFrames.Channels, LatentFrames.Rows, >= 1])
        {
            throw new CheckpointFormatException(file.Path, $"must have the shape [1, 8, 16, frames]; it is [{string.Join(", ", shape)}]", TensorName);
        }

        Dictionary<string, string> settings = file.Metadata.Where(entry => entry.Key != FormatKey).ToDictionary();
        try
        {
            return Create(ToSingles(file), settings);
        }
        catch (ArgumentException error)
        {
            throw new CheckpointFormatException(file.Path, error.Message, TensorName, error);
        }
    }

    private static float[] ToSingles(SafetensorsFile file)
    {
        byte[] elements = file.ReadElements(TensorName);
        return file.Type(TensorName) switch
        {
            ScalarType.Float32 => MemoryMarshal.Cast<byte, float>(elements).ToArray(),
            ScalarType.Float64 => [.. MemoryMarshal.Cast<byte, double>(elements).ToArray().Select(value => (float)value)],
            ScalarType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(elements).ToArray().Select(value => (float)value)],
            ScalarType.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(elements).ToArray().Select(value => BitConverter.Int32BitsToSingle(value << 16))],
            _ => throw new CheckpointFormatException(file.Path, $"must hold floating-point numbers; it holds {file.StoredType(TensorName)}", TensorName),
        };
    }
}
