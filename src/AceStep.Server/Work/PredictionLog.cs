using System.Diagnostics;
using System.Globalization;
using System.Text;
using AceStep.Server.Queue;

namespace AceStep.Server.Work;

/// <summary>
/// What a running prediction says: lines, only ever appended, among them the bar from which Replicate's clients read
/// progress (<c> 50%|█████     | 30/60 [00:02&lt;00:02, 12.0it/s]</c>). Told on the thread that computes; never waits.
/// </summary>
internal sealed class PredictionLog(string earlier) : IProgress<MusicProgress>
{
    private const int BarWidth = 10;

    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new(earlier);
    private long _denoisingStarted;
    private int _lastPercent = -1;
    private PredictionProgress _progress = new(MusicStage.Conditioning, 0, 1, null);
    private int _version;

    /// <summary>Grows with each change.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>All that was said.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>The latest progress, and all that was said by then.</summary>
    public (PredictionProgress Progress, string Text) Snapshot()
    {
        lock (_lock)
        {
            return (_progress, _text.ToString());
        }
    }

    /// <summary>Appends a line.</summary>
    public void Line(string text)
    {
        lock (_lock)
        {
            Append(text);
        }
    }

    public void Report(MusicProgress value)
    {
        lock (_lock)
        {
            _progress = new PredictionProgress(value.Stage, value.Completed, value.Total, value.Remaining?.TotalSeconds);
            if (value.Stage == MusicStage.Denoising)
            {
                Bar(value);
            }
            else if (value.Completed == 0 && value.Stage != MusicStage.Downloading)
            {
                Append(value.Stage switch
                {
                    MusicStage.Loading => "Reading parts of the model",
                    MusicStage.EncodingSource => "Encoding the source",
                    MusicStage.Conditioning => "Reading prompt and lyrics",
                    _ => "Decoding",
                });
            }

            _version++;
        }
    }

    private void Append(string text)
    {
        _text.Append(text).Append('\n');
        _version++;
    }

    /// <summary>A line for each percent at most: the log stays small, however many the steps.</summary>
    private void Bar(MusicProgress value)
    {
        if (value.Completed == 0)
        {
            _denoisingStarted = Stopwatch.GetTimestamp();
        }

        int percent = (int)(100 * value.Completed / Math.Max(1, value.Total));
        if (percent <= _lastPercent)
        {
            return;
        }

        _lastPercent = percent;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_denoisingStarted);
        string speed = elapsed > TimeSpan.Zero && value.Completed > 0 ? (value.Completed / elapsed.TotalSeconds).ToString("0.0", CultureInfo.InvariantCulture) : "?";
        int filled = percent * BarWidth / 100;
        string bar = new string('█', filled) + new string(' ', BarWidth - filled);
        Append($"{percent,3}%|{bar}| {value.Completed}/{value.Total} [{Clock(elapsed)}<{(value.Remaining is { } left ? Clock(left) : "?")}, {speed}it/s]");
    }

    private static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes:00}:{time.Seconds:00}");
}
