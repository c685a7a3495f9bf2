using System.Diagnostics;
using AceStep.Models;

namespace AceStep.Generation;

/// <summary>Reports the bytes of a checkpoint as they are read, part after part.</summary>
internal sealed class LoadingProgress : IProgress<long>
{
    private readonly IProgress<MusicProgress>? _progress;
    private readonly long _total;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _before;
    private long _reported = -1;

    /// <param name="progress">Where reports go; null for nowhere.</param>
    /// <param name="total">The bytes of all parts: see <see cref="StoredBytes"/>.</param>
    public LoadingProgress(IProgress<MusicProgress>? progress, long total)
    {
        _progress = progress;
        _total = total;
        Report(0);
    }

    /// <summary>The bytes of a source's tensors that are read, as stored.</summary>
    public static long StoredBytes(ITensorSource source, Func<string, bool>? isUnused = null) =>
        source.Names.Where(name => isUnused?.Invoke(name) != true)
            .Sum(source.StoredBytes);

    /// <summary>So many bytes of the part at hand have been read.</summary>
    public void Report(long value)
    {
        long done = Math.Min(_before + value, _total);
        if (done == _reported)
        {
            return;
        }

        _reported = done;
        TimeSpan? remaining = done > 0 ? Stopwatch.GetElapsedTime(_started) * ((double)(_total - done) / done) : null;
        _progress?.Report(new MusicProgress(MusicStage.Loading, done, _total, remaining));
    }

    /// <summary>A part of so many bytes is read, those included that it had no use for; the next one counts from 0 again.</summary>
    public void NextPart(long bytes)
    {
        _before += bytes;
        Report(0);
    }
}
