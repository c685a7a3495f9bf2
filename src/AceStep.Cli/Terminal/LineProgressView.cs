using System.Diagnostics;

namespace AceStep.Cli.Terminal;

/// <summary>Progress in a file or pipe: a line when a stage ends, and one now and then before.</summary>
internal sealed class LineProgressView(Action<string> write) : IProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public Task<T> RunAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work) => work(new Lines(write));

    private sealed class Lines(Action<string> write) : IProgress<MusicProgress>
    {
        private readonly Dictionary<MusicStage, long> _started = [];
        private long _lastLine;

        public void Report(MusicProgress value)
        {
            long now = Stopwatch.GetTimestamp();
            if (value.Completed == 0)
            {
                (_started[value.Stage], _lastLine) = (now, now);
            }

            if (value.Completed >= value.Total)
            {
                write($"{StageText.Name(value.Stage)}: {StageText.Position(value)}, done in {Amounts.Time(Stopwatch.GetElapsedTime(_started[value.Stage], now))}");
            }
            else if (Stopwatch.GetElapsedTime(_lastLine, now) >= Interval)
            {
                _lastLine = now;
                write($"{StageText.Name(value.Stage)}: {StageText.Position(value)}{(value.Remaining is { } left ? $", {Amounts.Clock(left)} left" : "")}");
            }
        }
    }
}
