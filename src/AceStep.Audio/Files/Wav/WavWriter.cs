using System.Text;

namespace AceStep.Audio.Files.Wav;

/// <summary>
/// Writes WAV files, as RF64 where they pass 4 GiB. Where the length is known from the start the header is
/// right at once and the stream need not be seekable; else the sizes are filled in at the end.
/// </summary>
internal sealed class WavWriter : IAudioEncoder
{
    private const ushort TagPcm = 1;
    private const ushort TagFloat = 3;
    private const ushort TagExtensible = 0xFFFE;

    /// <summary>A ds64 chunk without its table, with its header.</summary>
    private const int SizesChunk = 8 + 28;

    /// <summary>Speaker positions for 1 to 8 channels: <see cref="AudioBuffer"/> says which.</summary>
    private static readonly uint[] ChannelMasks = [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

    private readonly Stream _stream;
    private readonly long _origin;
    private readonly int _channels;
    private readonly int _sampleRate;
    private readonly SampleEncoding _encoding;
    private readonly AudioTags _tags;
    private readonly long? _length;
    private readonly long _largestPlain;
    private readonly Quantizer _quantizer;
    private byte[] _bytes = [];
    private int[] _integers = [];
    private long _written;

    /// <param name="stream">Where to write; stays open.</param>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="channels">The number of channels.</param>
    /// <param name="options">The encoding, dither and tags.</param>
    /// <param name="length">Samples per channel, or null where it is not known; then the stream must be seekable.</param>
    /// <param name="largestPlain">The most bytes that a file without 64-bit sizes may have; tests lower it.</param>
    public WavWriter(Stream stream, int sampleRate, int channels, AudioSaveOptions options, long? length, long largestPlain = uint.MaxValue)
    {
        _stream = stream;
        _origin = stream.CanSeek ? stream.Position : 0;
        _sampleRate = sampleRate;
        _channels = channels;
        _encoding = FormatRules.EncodingOf(AudioFormat.Wav, options)!.Value;
        _tags = options.Tags;
        _length = length;
        _largestPlain = largestPlain;
        _quantizer = new Quantizer(_encoding, options.Dither, options.DitherSeed);
        _stream.Write(Header(length ?? 0));
    }

    private int FrameSize => _channels * PcmCodec.BytesPerSample(_encoding);

    public void Write(ReadOnlySpan<float> interleaved)
    {
        int size = interleaved.Length * PcmCodec.BytesPerSample(_encoding);
        Array.Resize(ref _bytes, Math.Max(size, _bytes.Length));
        if (Quantizer.IsInteger(_encoding))
        {
            Array.Resize(ref _integers, Math.Max(interleaved.Length, _integers.Length));
            Span<int> integers = _integers.AsSpan(0, interleaved.Length);
            _quantizer.Quantize(interleaved, integers);
            PcmCodec.EncodeIntegers(_encoding, integers, _bytes);
        }
        else
        {
            PcmCodec.EncodeFloats(_encoding, interleaved, _bytes);
        }

        _stream.Write(_bytes.AsSpan(0, size));
        _written += interleaved.Length / _channels;
    }

    public void Complete()
    {
        if (_length is { } length && length != _written)
        {
            throw new InvalidOperationException($"{length} frames were announced, but {_written} were written.");
        }

        if ((_written * FrameSize & 1) == 1)
        {
            _stream.WriteByte(0);
        }

        if (_length is null)
        {
            long end = _stream.Position;
            _stream.Position = _origin;
            _stream.Write(Header(_written));
            _stream.Position = end;
        }
    }

    public void Dispose()
    {
    }

    /// <summary>Everything before the samples. Its size does not depend on <paramref name="frames"/> where the length was not known.</summary>
    private byte[] Header(long frames)
    {
        byte[] format = Format();
        byte[] info = Info();
        bool isFloat = !Quantizer.IsInteger(_encoding);
        long data = frames * FrameSize;
        long rest = 4 + (8 + format.Length) + (isFloat ? 12 : 0) + info.Length + 8 + data + (data & 1);
        bool is64 = rest + SizesChunk > _largestPlain;
        bool hasSizes = is64 || _length is null;
        rest += hasSizes ? SizesChunk : 0;

        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.ASCII);
        writer.Write(is64 ? "RF64"u8 : "RIFF"u8);
        writer.Write(is64 ? uint.MaxValue : (uint)rest);
        writer.Write("WAVE"u8);
        if (hasSizes)
        {
            // JUNK keeps the place until it is known whether 64-bit sizes are needed.
            writer.Write(is64 ? "ds64"u8 : "JUNK"u8);
            writer.Write(SizesChunk - 8);
            writer.Write(is64 ? rest : 0);
            writer.Write(is64 ? data : 0);
            writer.Write(is64 ? frames : 0);
            writer.Write(0);
        }

        writer.Write("fmt "u8);
        writer.Write(format.Length);
        writer.Write(format);
        if (isFloat)
        {
            writer.Write("fact"u8);
            writer.Write(4);
            writer.Write((uint)Math.Min(frames, uint.MaxValue));
        }

        writer.Write(info);
        writer.Write("data"u8);
        writer.Write(is64 ? uint.MaxValue : (uint)data);
        return memory.ToArray();
    }

    private byte[] Format()
    {
        bool isFloat = !Quantizer.IsInteger(_encoding);
        ushort tag = isFloat ? TagFloat : TagPcm;
        bool isExtensible = _channels > 2;
        int bytes = PcmCodec.BytesPerSample(_encoding);
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.ASCII);
        writer.Write(isExtensible ? TagExtensible : tag);
        writer.Write((ushort)_channels);
        writer.Write(_sampleRate);
        writer.Write((uint)Math.Min((long)_sampleRate * FrameSize, uint.MaxValue));
        writer.Write((ushort)FrameSize);
        writer.Write((ushort)(8 * bytes));
        if (isExtensible)
        {
            writer.Write((ushort)22);
            writer.Write((ushort)(8 * bytes));
            writer.Write(_channels <= ChannelMasks.Length ? ChannelMasks[_channels - 1] : 0);
            writer.Write(tag);
            writer.Write(WavHeader.SubFormatTail);
        }
        else if (isFloat)
        {
            writer.Write((ushort)0);
        }

        return memory.ToArray();
    }

    private byte[] Info()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.ASCII);
        Text("INAM"u8, _tags.Title);
        Text("ICMT"u8, _tags.Comment);
        if (memory.Length == 0)
        {
            return [];
        }

        byte[] texts = memory.ToArray();
        memory.SetLength(0);
        writer.Write("LIST"u8);
        writer.Write(4 + texts.Length);
        writer.Write("INFO"u8);
        writer.Write(texts);
        return memory.ToArray();

        void Text(ReadOnlySpan<byte> id, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
                writer.Write(id);
                writer.Write(bytes.Length);
                writer.Write(bytes);
                if ((bytes.Length & 1) == 1)
                {
                    writer.Write((byte)0);
                }
            }
        }
    }
}
