namespace AceStep.Audio.Files.Reading;

/// <summary>Reads files that were joined to one, one after another.</summary>
internal sealed class JoinedReader : AudioReader
{
    private readonly Func<int, AudioReader> _open;
    private readonly int _count;
    private readonly Stream _owner;
    private readonly bool _leaveOpen;
    private AudioReader? _current;
    private int _next;

    private JoinedReader(AudioFileInfo info, string name, IReadOnlyList<AudioWarning> warnings, int count, Func<int, AudioReader> open, Stream owner, bool leaveOpen)
        : base(info, name, warnings)
    {
        _owner = owner;
        _leaveOpen = leaveOpen;
        _count = count;
        _open = open;
    }

    /// <summary>Opens each part once, for its length.</summary>
    /// <param name="count">The number of parts.</param>
    /// <param name="open">Opens a part, whose reader closes nothing that the others need.</param>
    /// <param name="owner">The stream to close with the reader.</param>
    /// <param name="leaveOpen">Whether it stays open.</param>
    /// <param name="name">The file, as errors name it.</param>
    /// <param name="warnings">What was left out.</param>
    public static JoinedReader Open(
        int count, Func<int, AudioReader> open, Stream owner, bool leaveOpen, string name, IReadOnlyList<AudioWarning> warnings)
    {
        AudioFileInfo? whole = null;
        for (int part = 0; part < count; part++)
        {
            using AudioReader reader = open(part);
            AudioFileInfo info = reader.Info;
            if (whole is not null && (info.Channels != whole.Channels || info.SampleRate != whole.SampleRate))
            {
                throw new AudioFormatException($"{name}: several sounds of different rates or channels joined to one; split the file first.");
            }

            whole = whole is null ? info : whole with { Length = whole.Length + info.Length };
        }

        return new JoinedReader(whole!, name, warnings, count, open, owner, leaveOpen);
    }

    private protected override int ReadFrames(Span<float> interleaved)
    {
        int channels = Info.Channels;
        int total = 0;
        while (total < interleaved.Length)
        {
            if (_current is null && _next == _count)
            {
                break;
            }

            _current ??= _open(_next++);
            int frames = _current.Read(interleaved[total..]);
            total += frames * channels;
            if (frames == 0)
            {
                _current.Dispose();
                _current = null;
            }
        }

        return total / channels;
    }

    private protected override void Dispose(bool disposing)
    {
        _current?.Dispose();
        if (!_leaveOpen)
        {
            _owner.Dispose();
        }
    }
}
