using System.Diagnostics;
using AceStep.Cli.Terminal;
using Spectre.Console;

namespace AceStep.Cli.Checkpoints;

/// <summary>Shows what will be downloaded, from where and its size, and then the download's progress.</summary>
internal static class DownloadView
{
    private const int MostFilesShown = 20;

    /// <summary>Runs work and shows its downloads.</summary>
    public static Task<T> RunAsync<T>(Screen screen, Func<IProgress<DownloadProgress>, Task<T>> work) => screen.Rich is { } console
        ? console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn { Base = FileSizeBase.Decimal }, new TransferSpeedColumn { Base = FileSizeBase.Decimal }, new RemainingTimeColumn())
            .StartAsync(context => work(new BarView(screen, context)))
        : work(Lines(screen));

    /// <summary>Shows downloads as lines, for when other progress bars are on the screen.</summary>
    public static IProgress<DownloadProgress> Lines(Screen screen) => new LineView(screen);

    private static void Announce(Screen screen, DownloadPlan plan)
    {
        string commit = plan.Commit is { } full ? $" (commit {full[..8]})" : "";
        string present = plan.BytesPresent > 0 ? $", {Amounts.Bytes(plan.BytesPresent)} of them downloaded before" : "";
        screen.Line($"Downloading {plan.Name}{commit} from {plan.Host} to {plan.Folder}: {Amounts.Bytes(plan.Bytes)} in {plan.Files.Count} {(plan.Files.Count == 1 ? "file" : "files")}{present}");
        foreach (DownloadFile file in plan.Files.Take(MostFilesShown))
        {
            screen.Line($"  {Amounts.Bytes(file.Bytes),9}  {file.Path}{(file.Checksum is null ? "  (its hash is not known: only its size can be checked)" : "")}");
        }

        if (plan.Files.Count > MostFilesShown)
        {
            screen.Line($"  and {plan.Files.Count - MostFilesShown} more");
        }
    }

    /// <summary>The common part of both views: prints the plan first, and each note once.</summary>
    private abstract class View(Screen screen) : IProgress<DownloadProgress>
    {
        private DownloadPlan? _plan;
        private string? _note;

        public void Report(DownloadProgress value)
        {
            if (value.Note is { } note && note != _note)
            {
                Screen.Warn(note);
            }

            _note = value.Note ?? _note;
            if (value.Plan.Files.Count == 0)
            {
                return;
            }

            if (!ReferenceEquals(_plan, value.Plan))
            {
                _plan = value.Plan;
                Announce(screen, value.Plan);
                Begin(value);
            }

            Show(value);
        }

        protected abstract void Begin(DownloadProgress value);

        protected abstract void Show(DownloadProgress value);
    }

    private sealed class BarView(Screen screen, ProgressContext context) : View(screen)
    {
        private ProgressTask? _task;

        protected override void Begin(DownloadProgress value) => _task = context.AddTask(Markup.Escape(value.Plan.Name));

        protected override void Show(DownloadProgress value)
        {
            _task!.MaxValue = Math.Max(1, value.Total);
            _task.Value = value.Completed;
        }
    }

    private sealed class LineView(Screen screen) : View(screen)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

        private readonly Screen _screen = screen;
        private long _started;
        private long _lastLine;

        protected override void Begin(DownloadProgress value) => _started = _lastLine = Stopwatch.GetTimestamp();

        protected override void Show(DownloadProgress value)
        {
            if (value.Completed >= value.Total)
            {
                _screen.Line($"{value.Plan.Name}: {Amounts.Bytes(value.Completed)} in {Amounts.Time(Stopwatch.GetElapsedTime(_started))}, verified");
            }
            else if (Stopwatch.GetElapsedTime(_lastLine) >= Interval)
            {
                _lastLine = Stopwatch.GetTimestamp();
                string rate = value.BytesPerSecond is { } speed ? $", {Amounts.Bytes((long)speed)}/s" : "";
                string left = value.Remaining is { } time ? $", {Amounts.Clock(time)} left" : "";
                _screen.Line($"{value.Plan.Name}: {Amounts.Bytes(value.Completed)} of {Amounts.Bytes(value.Total)}{rate}{left}");
            }
        }
    }
}
