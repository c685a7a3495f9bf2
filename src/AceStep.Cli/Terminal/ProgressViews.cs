using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AceStep.Cli.Terminal;

/// <summary>Shows the progress of work.</summary>
internal interface IProgressView
{
    /// <summary>Runs work and shows its progress.</summary>
    Task<T> RunAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work);
}

/// <summary>Progress on a terminal: a bar for each stage, with the time left.</summary>
internal sealed class BarProgressView(IAnsiConsole console) : IProgressView
{
    /// <summary>In a narrower terminal a stage's name and percentage do not fit into a row.</summary>
    public const int NarrowestWidth = 34;

    public Task<T> RunAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work)
    {
        TimeLeftColumn timeLeft = new();
        return console.Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(Columns(console.Profile.Width, timeLeft))
            .StartAsync(context => work(new Bars(context, timeLeft)));
    }

    /// <summary>The columns that fit into one row; a row that wraps could not be redrawn.</summary>
    private static ProgressColumn[] Columns(int width, TimeLeftColumn timeLeft)
    {
        const int Others = 50;
        TaskDescriptionColumn description = new() { Alignment = Justify.Left };
        PercentageColumn percentage = new();
        return width - Others >= 10 ? [description, new ProgressBarColumn { Width = Math.Min(40, width - Others) }, percentage, timeLeft, new SpinnerColumn()]
            : width >= 46 ? [description, percentage, timeLeft]
            : [description, percentage];
    }

    /// <summary>Adds a bar for each stage when it begins. Reading the checkpoint may begin more than once.</summary>
    private sealed class Bars(ProgressContext context, TimeLeftColumn timeLeft) : IProgress<MusicProgress>
    {
        private readonly Dictionary<MusicStage, ProgressTask> _tasks = [];

        public void Report(MusicProgress value)
        {
            ProgressTask task;
            if (value.Completed > 0)
            {
                task = _tasks[value.Stage];
            }
            else
            {
                task = context.AddTask(StageText.Name(value.Stage), new ProgressTaskSettings { MaxValue = Math.Max(1, value.Total) });
                _tasks[value.Stage] = task;
            }

            task.Value = value.Completed;
            timeLeft.Update(task.Id, value.Remaining);
            if (value.Completed >= value.Total)
            {
                task.StopTask();
            }
        }
    }

    /// <summary>Shows the pipeline's own estimate, which takes into account that guided steps take longer.</summary>
    private sealed class TimeLeftColumn : ProgressColumn
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<int, TimeSpan> _remaining = [];

        public void Update(int task, TimeSpan? remaining)
        {
            if (remaining is { } time)
            {
                _remaining[task] = time;
            }
        }

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            string text = task.IsFinished ? Amounts.Clock(task.ElapsedTime ?? TimeSpan.Zero)
                : _remaining.TryGetValue(task.Id, out TimeSpan left) ? $"{Amounts.Clock(left)} left"
                : "";
            return new Text(text.PadLeft(12));
        }
    }
}

/// <summary>Progress in a file or pipe: a line from time to time, and one at the end of each stage.</summary>
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

/// <summary>Names of stages, and their progress in words.</summary>
internal static class StageText
{
    public static string Name(MusicStage stage) => stage switch
    {
        MusicStage.Loading => "Reading the checkpoint",
        MusicStage.EncodingSource => "Encoding the source",
        MusicStage.Conditioning => "Reading prompt and lyrics",
        MusicStage.Denoising => "Denoising",
        MusicStage.Decoding => "Decoding",
        MusicStage.Downloading => "Downloading",
        _ => stage.ToString(),
    };

    /// <summary>"12 of 40", "3.2 GB of 8.3 GB".</summary>
    public static string Position(MusicProgress progress) => progress.Stage is MusicStage.Loading or MusicStage.Downloading
        ? $"{Amounts.Bytes(progress.Completed)} of {Amounts.Bytes(progress.Total)}"
        : $"{progress.Completed} of {progress.Total}";
}
