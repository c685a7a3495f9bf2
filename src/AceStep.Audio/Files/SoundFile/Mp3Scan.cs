using System.Buffers.Binary;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>
/// Walks from frame to frame of an MP3 file and refuses a change of sample rate midway, at which the decoder
/// would take the rest for garbage and end without a word. Says nothing about anything else.
/// </summary>
internal static class Mp3Scan
{
    private const int HeaderLength = 4;
    private const int Id3HeaderLength = 10;

    /// <summary>kbit/s of layers I, II and III of MPEG-1, then of layer I and of layers II and III of MPEG-2 and 2.5.</summary>
    private static readonly int[][] BitRates =
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];

    private static readonly int[] SampleRates = [44100, 48000, 32000];

    /// <summary>Leaves the stream where it stands.</summary>
    /// <exception cref="AudioFormatException">The sample rate changes.</exception>
    public static void Check(Stream stream, string name)
    {
        long start = stream.Position;
        long position = start + Id3Length(stream);
        int? sampleRate = null;
        while (FrameAt(stream, position) is { } frame)
        {
            sampleRate ??= frame.SampleRate;
            // Two in a row: one may be garbage that looks like a frame.
            if (frame.SampleRate != sampleRate && FrameAt(stream, position + frame.Length)?.SampleRate == frame.SampleRate)
            {
                throw new AudioFormatException(
                    $"{name}: the sample rate changes midway, from {sampleRate} to {frame.SampleRate} Hz at byte {position - start}.");
            }

            position += frame.Length;
        }

        stream.Position = start;
    }

    private static long Id3Length(Stream stream)
    {
        Span<byte> head = stackalloc byte[Id3HeaderLength];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith("ID3"u8))
        {
            return 0;
        }

        return Id3HeaderLength + ((head[6] & 0x7FL) << 21) + ((head[7] & 0x7F) << 14) + ((head[8] & 0x7F) << 7) + (head[9] & 0x7F);
    }

    private static (int SampleRate, int Length)? FrameAt(Stream stream, long position)
    {
        Span<byte> bytes = stackalloc byte[HeaderLength];
        if (position > stream.Length - HeaderLength)
        {
            return null;
        }

        stream.Position = position;
        stream.ReadExactly(bytes);
        uint header = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        int version = (int)(header >> 19) & 3;
        int layer = 4 - ((int)(header >> 17) & 3);
        int bitRateIndex = (int)(header >> 12) & 15;
        int sampleRateIndex = (int)(header >> 10) & 3;
        // Index 0 means a free bit rate, whose frame length the header does not tell.
        if (header >> 21 != 0x7FF || version == 1 || layer == 4 || bitRateIndex is 0 or 15 || sampleRateIndex == 3)
        {
            return null;
        }

        bool isFirst = version == 3;
        int sampleRate = SampleRates[sampleRateIndex] >> (version switch { 3 => 0, 2 => 1, _ => 2 });
        int bitRate = 1000 * BitRates[isFirst ? layer - 1 : Math.Min(layer + 2, 4)][bitRateIndex];
        int padding = (int)(header >> 9) & 1;
        int length = layer switch
        {
            1 => 4 * ((12 * bitRate / sampleRate) + padding),
            3 when !isFirst => (72 * bitRate / sampleRate) + padding,
            _ => (144 * bitRate / sampleRate) + padding,
        };
        return (sampleRate, Math.Max(length, HeaderLength));
    }
}
