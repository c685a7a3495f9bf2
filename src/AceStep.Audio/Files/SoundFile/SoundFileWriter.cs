using System.Buffers.Binary;
using System.Text;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>Writes AIFF, AU, CAF, FLAC, Vorbis, Opus and MP3 files through libsndfile.</summary>
internal sealed class SoundFileWriter : IAudioEncoder
{
    private readonly Stream _target;
    private readonly Stream _stream;
    private readonly AudioFormat _format;
    private readonly int _channels;
    private readonly SoundFileHandle _handle;
    private readonly bool _isLossy;
    private readonly Quantizer? _quantizer;
    private float[] _samples = [];
    private int[] _integers = [];

    /// <param name="target">Where to write; stays open.</param>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="channels">The number of channels.</param>
    /// <param name="format">Any format but WAV.</param>
    /// <param name="options">Encoding, quality and tags, already checked.</param>
    public SoundFileWriter(Stream target, int sampleRate, int channels, AudioFormat format, AudioSaveOptions options)
    {
        AudioLibrary.Require(format);
        _target = target;
        // Encoders go back to fill in what they know only at the end.
        _stream = target.CanSeek ? target : new MemoryStream();
        _format = format;
        _channels = channels;
        SampleEncoding? encoding = FormatRules.EncodingOf(format, options);
        _isLossy = encoding is null;
        _quantizer = encoding is { } chosen && Quantizer.IsInteger(chosen) ? new Quantizer(chosen, options.Dither, options.DitherSeed) : null;

        if (format == AudioFormat.Mp3)
        {
            // libsndfile's own tags are in Latin-1.
            Id3Tag.Write(_stream, options.Tags);
        }

        var info = new Native.Info { SampleRate = sampleRate, Channels = channels, Format = SoundFileFormat.NumberOf(format, encoding) };
        try
        {
            _handle = new SoundFileHandle(_stream, Native.ModeWrite, ref info);
        }
        catch (SoundFileException exception)
        {
            throw new ArgumentException($"{format} cannot hold {channels} channels at {sampleRate} Hz: {exception.Message}.", exception);
        }

        try
        {
            Configure(sampleRate, options);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public void Write(ReadOnlySpan<float> interleaved)
    {
        Array.Resize(ref _samples, Math.Max(interleaved.Length, _samples.Length));
        Span<float> samples = _samples.AsSpan(0, interleaved.Length);
        interleaved.CopyTo(samples);
        ChannelOrder.ToFile(_format, samples, _channels);
        try
        {
            if (_quantizer is not null)
            {
                Array.Resize(ref _integers, Math.Max(samples.Length, _integers.Length));
                Span<int> integers = _integers.AsSpan(0, samples.Length);
                _quantizer.Quantize(samples, integers);
                _handle.Write(integers, _channels);
            }
            else
            {
                if (_isLossy)
                {
                    Clamp(samples);
                }

                _handle.Write(samples, _channels);
            }
        }
        catch (SoundFileException exception)
        {
            throw new IOException($"The {_format} encoder failed: {exception.Message}.", exception);
        }
    }

    public void Complete()
    {
        try
        {
            _handle.Complete();
        }
        catch (SoundFileException exception)
        {
            throw new IOException($"The {_format} encoder failed: {exception.Message}.", exception);
        }

        if (_stream != _target)
        {
            _stream.Position = 0;
            _stream.CopyTo(_target);
        }
    }

    public void Dispose() => _handle.Dispose();

    private void Configure(int sampleRate, AudioSaveOptions options)
    {
        switch (_format)
        {
            case AudioFormat.Mp3 when options.Mp3Quality is { } quality:
                // The level first: the mode is refused while none is set.
                _handle.Command(Native.CommandCompressionLevel, quality / 10);
                _handle.Command(Native.CommandBitRateMode, Native.BitRateVariable);
                break;
            case AudioFormat.Mp3:
                _handle.Command(Native.CommandCompressionLevel, LevelOf(options.Mp3BitRate, sampleRate));
                _handle.Command(Native.CommandBitRateMode, Native.BitRateConstant);
                break;
            case AudioFormat.Vorbis:
                _handle.Command(Native.CommandCompressionLevel, 1 - (options.VorbisQuality / 10));
                break;
            case AudioFormat.Opus:
                _handle.Command(Native.CommandCompressionLevel, (256 - options.OpusBitRate) / 250.0);
                break;
        }

        if (_format is not (AudioFormat.Mp3 or AudioFormat.Au))
        {
            _handle.SetString(Native.StringTitle, options.Tags.Title);
            _handle.SetString(Native.StringComment, options.Tags.Comment);
        }
    }

    /// <summary>
    /// The level that libsndfile turns into a bit rate: 0 is the highest of the MPEG version that the sample
    /// rate selects, 1 the lowest. LAME takes the nearest rate that there is.
    /// </summary>
    private static double LevelOf(int bitRate, int sampleRate)
    {
        (double lowest, double highest) = sampleRate switch
        {
            >= 32000 => (32, 320),
            >= 16000 => (8, 160),
            _ => (8, 64),
        };
        return Math.Clamp((highest - bitRate) / (highest - lowest), 0, 1);
    }

    /// <summary>Keeps samples in the range that lossy encoders can take; NaN becomes 0.</summary>
    private static void Clamp(Span<float> samples)
    {
        foreach (ref float sample in samples)
        {
            sample = float.IsNaN(sample) ? 0 : Math.Clamp(sample, -1, 1);
        }
    }
}

/// <summary>Writes the ID3v2.3 tag of an MP3 file: the version, and UTF-16, are what every player reads.</summary>
internal static class Id3Tag
{
    private const byte Utf16WithMark = 1;

    private static ReadOnlySpan<byte> Mark => [0xFF, 0xFE];

    public static void Write(Stream stream, AudioTags tags)
    {
        var frames = new MemoryStream();
        if (!string.IsNullOrEmpty(tags.Title))
        {
            WriteFrame(frames, "TIT2"u8, Utf16WithMark, [.. Mark, .. Encoding.Unicode.GetBytes(tags.Title)]);
        }

        if (!string.IsNullOrEmpty(tags.Comment))
        {
            // A language and an empty description come before the text.
            WriteFrame(frames, "COMM"u8, Utf16WithMark, [.. "eng"u8, .. Mark, 0, 0, .. Mark, .. Encoding.Unicode.GetBytes(tags.Comment)]);
        }

        if (frames.Length > 0)
        {
            Span<byte> head = [.. "ID3"u8, 3, 0, 0, 0, 0, 0, 0];
            for (int i = 0; i < 4; i++)
            {
                // Seven bits a byte, so that no size looks like the start of an MPEG frame.
                head[6 + i] = (byte)((frames.Length >> (7 * (3 - i))) & 0x7F);
            }

            stream.Write(head);
            frames.WriteTo(stream);
        }
    }

    private static void WriteFrame(Stream stream, ReadOnlySpan<byte> id, byte encoding, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[11];
        id.CopyTo(head);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], content.Length + 1);
        head[8..].Clear();
        head[10] = encoding;
        stream.Write(head);
        stream.Write(content);
    }
}
