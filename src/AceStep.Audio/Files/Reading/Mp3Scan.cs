using System.Buffers.Binary;

namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Walks from frame to frame of an MP3 file and finds out what the decoder is to see of it: every frame and nothing else.
/// On its own the decoder ends without a word at a second file joined to the first, at a change of the sample rate and at a
/// kilobyte that is no frame.
/// </summary>
internal static class Mp3Scan
{
    private const int MostParts = 1000;
    private const int MostGaps = 10_000;

    /// <summary>The files that were joined, each as the decoder is to see it; one for a file of the usual kind.</summary>
    /// <exception cref="AudioFormatException">The sample rate or the channels change, or there are too many parts.</exception>
    public static IReadOnlyList<IReadOnlyList<Splice>> Scan(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
    {
        Walk walk = new(bytes, extent, name);
        walk.Run();
        if (walk.Parts.Count == 0)
        {
            // There is no frame that is understood here; one of a free bit rate, for example. The decoder may know more.
            return [[extent.Id3, new Splice(extent.Start, extent.End - extent.Start)]];
        }

        warnings.AddRange(walk.Warnings);
        Part first = walk.Parts[0];
        return [[extent.Id3, .. first.Runs], .. walk.Parts.Skip(1).Select(part => part.Runs)];
    }

    /// <summary>One of the files that were joined.</summary>
    private sealed class Part
    {
        public List<Splice> Runs { get; } = [];

        /// <summary>Frames of sound.</summary>
        public long Frames { get; set; }

        /// <summary>How many of them the part's first frame says there are; null where it does not.</summary>
        public long? Claimed { get; set; }

        /// <summary>The length of that first frame, which holds no sound.</summary>
        public int HeaderLength { get; set; }

        /// <summary>Takes the header away, at whose count of frames the decoder would end.</summary>
        public void DropHeader() => Runs[0] = new Splice(Runs[0].Start + HeaderLength, Runs[0].Length - HeaderLength);
    }

    private sealed class Walk(StreamWindow bytes, SoundExtent extent, string name)
    {
        private readonly long _end = extent.End;
        private Mp3Frame? _kind;
        private long _skipped;
        private long _firstSkipped;

        public List<Part> Parts { get; } = [];

        public List<AudioWarning> Warnings { get; } = [];

        public void Run()
        {
            long position = extent.Start;
            while (position < _end)
            {
                if (Mp3Frame.At(bytes, position, _end) is { } frame && Fits(frame, position))
                {
                    if (frame.Length > _end - position)
                    {
                        Warnings.Add(ReadingTexts.PartialFrame(name, _end - position, frame.Length));
                        break;
                    }

                    Add(frame, position);
                    position += frame.Length;
                }
                else
                {
                    position = Pass(position);
                }
            }

            Finish();
        }

        /// <summary>Whether a frame belongs to the sound before it. The first one must be followed by another of its kind; otherwise garbage could pass for a frame.</summary>
        private bool Fits(Mp3Frame frame, long position)
        {
            bool isFollowed = IsFollowed(frame, position);
            if (_kind is not { } kind)
            {
                return isFollowed;
            }

            if (frame.SampleRate == kind.SampleRate && frame.Channels == kind.Channels && frame.Layer == kind.Layer)
            {
                return true;
            }

            if (!isFollowed)
            {
                return false;
            }

            string change = frame.SampleRate != kind.SampleRate ? $"the sample rate changes midway, from {kind.SampleRate} to {frame.SampleRate} Hz"
                : frame.Channels != kind.Channels ? $"the number of channels changes midway, from {kind.Channels} to {frame.Channels}"
                : "the MPEG layer changes midway";
            throw new AudioFormatException($"{name}: {change}, at byte {position}.");
        }

        private bool IsFollowed(Mp3Frame frame, long position)
        {
            long next = position + frame.Length;
            return next == _end || (Mp3Frame.At(bytes, next, _end) is { } second && second.SampleRate == frame.SampleRate && second.Layer == frame.Layer);
        }

        private void Add(Mp3Frame frame, long position)
        {
            bool isHeader = frame.IsHeader(bytes, position, out long? claimed);
            if (_kind is null || isHeader)
            {
                if (Parts.Count == MostParts)
                {
                    throw new AudioFormatException($"{name}: more than {MostParts} MP3 files joined to one.");
                }

                Parts.Add(new Part { Claimed = claimed, HeaderLength = isHeader ? frame.Length : 0 });
                _kind ??= frame;
            }

            Part part = Parts[^1];
            part.Frames += isHeader ? 0 : 1;
            if (part.Runs.Count > 0 && part.Runs[^1] is { } last && last.Start + last.Length == position)
            {
                part.Runs[^1] = last with { Length = last.Length + frame.Length };
                return;
            }

            if (part.Runs.Count == MostGaps)
            {
                throw new AudioFormatException($"{name}: more than {MostGaps} gaps between its frames.");
            }

            part.Runs.Add(new Splice(position, frame.Length));
        }

        /// <summary>Past tags, zeros and garbage to the next frame, or to the end.</summary>
        private long Pass(long position)
        {
            long passed = TagScan.SkipZeros(bytes, position);
            passed += TagScan.Id3Length(bytes, passed);
            passed += TagScan.InnerLength(bytes, passed);
            if (passed > position)
            {
                return Math.Min(passed, _end);
            }

            for (passed = position + 1; passed < _end; passed++)
            {
                int sync = bytes.At(passed, StreamWindow.Most).IndexOf((byte)0xFF);
                if (sync < 0)
                {
                    passed = Math.Min(passed + StreamWindow.Most, _end);
                    continue;
                }

                passed += sync;
                if (Mp3Frame.At(bytes, passed, _end) is { } frame && IsFollowed(frame, passed))
                {
                    break;
                }
            }

            passed = Math.Min(passed, _end);
            _firstSkipped = _skipped == 0 ? position : _firstSkipped;
            _skipped += passed - position;
            return passed;
        }

        private void Finish()
        {
            if (_skipped > 0)
            {
                Warnings.Add(new AudioWarning(
                    AudioWarningKind.BytesSkipped, $"{name}: {_skipped} bytes from byte {_firstSkipped} on are not MPEG frames and are skipped."));
            }

            Parts.RemoveAll(part => part.Frames == 0 && Parts.Count > 1);
            foreach (Part part in Parts.Where(part => part.Claimed is not null))
            {
                if (part.Frames > part.Claimed + 1)
                {
                    part.DropHeader();
                }
                else if (part.Frames < part.Claimed - 1)
                {
                    Warnings.Add(new AudioWarning(
                        AudioWarningKind.CutShort, $"{name}: its header claims {part.Claimed} MP3 frames, the file has {part.Frames}; the rest is missing."));
                }
            }
        }
    }
}

/// <summary>What the four bytes at the start of an MPEG audio frame say.</summary>
/// <param name="SampleRate">Samples per second.</param>
/// <param name="Channels">One or two.</param>
/// <param name="Layer">1 to 3.</param>
/// <param name="IsFirst">Whether it is MPEG-1, not MPEG-2 or 2.5.</param>
/// <param name="Length">Its bytes, the four included.</param>
internal readonly record struct Mp3Frame(int SampleRate, int Channels, int Layer, bool IsFirst, int Length)
{
    private const int HeaderLength = 4;

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

    /// <summary>The frame at a place before the end; null where none begins there.</summary>
    public static Mp3Frame? At(StreamWindow window, long position, long end)
    {
        ReadOnlySpan<byte> bytes = window.At(position, HeaderLength);
        if (bytes.Length < HeaderLength || position > end - HeaderLength)
        {
            return null;
        }

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
        int channels = (header >> 6 & 3) == 3 ? 1 : 2;
        return new Mp3Frame(sampleRate, channels, layer, isFirst, Math.Max(length, HeaderLength));
    }

    /// <summary>Whether the frame is no sound but the header of a file (Xing, Info, VBRI), and how many frames it says follow.</summary>
    public bool IsHeader(StreamWindow window, long position, out long? frames)
    {
        const int LongestSide = 2 + 32;
        ReadOnlySpan<byte> bytes = window.At(position + HeaderLength, Math.Min(Length - HeaderLength, LongestSide + 18));
        int side = (IsFirst, Channels) switch { (true, 2) => 32, (true, _) => 17, (_, 2) => 17, _ => 9 };
        frames = null;
        if (Layer != 3)
        {
            return false;
        }

        // A checksum of two bytes may come first.
        foreach (int start in new[] { side, side + 2 })
        {
            ReadOnlySpan<byte> tag = start + 12 <= bytes.Length ? bytes[start..] : [];
            if (tag.StartsWith("Xing"u8) || tag.StartsWith("Info"u8))
            {
                bool hasFrames = (tag[7] & 1) != 0;
                frames = hasFrames ? BinaryPrimitives.ReadUInt32BigEndian(tag[8..]) : null;
                return true;
            }
        }

        return bytes.Length >= 32 + 18 && bytes[32..].StartsWith("VBRI"u8);
    }
}
