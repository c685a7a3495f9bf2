using Spectre.Console;
using Spectre.Console.Rendering;

namespace AceStep.Cli.Terminal;

/// <summary>Progress on a terminal: a bar for each stage, with the time left.</summary>
internal sealed class BarProgressView(IAnsiConsole console) : IProgressView
{
    /// <summary>Below this a stage's name and its share do not fit in a row.</summary>
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

    /// <summary>As much as has room in one row: a row that wraps cannot be drawn over.</summary>
    private static ProgressColumn[] Columns(int width, TimeLeftColumn timeLeft)
    {
        const int Others = 50;
        TaskDescriptionColumn description = new() { Alignment = Justify.Left };
        PercentageColumn percentage = new();
        return width - Others >= 10 ? [description, new ProgressBarColumn { Width = Math.Min(40, width - Others) }, percentage, timeLeft, new SpinnerColumn()]
            : width >= 46 ? [description, percentage, timeLeft]
            : [description, percentage];
    }

    /// <summary>Gives each stage a bar when it begins; reading the checkpoint may begin more than once.</summary>
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

    /// <summary>The pipeline's own estimate, which knows that guided steps take longer.</summary>
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
