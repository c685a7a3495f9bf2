namespace AceStep.Cli.Terminal;

/// <summary>Formats amounts for people.</summary>
internal static class Amounts
{
    /// <summary>"14.1 MB", in decimal units.</summary>
    public static string Bytes(long value) => value switch
    {
        0 => "",
        < 1_000 => $"{value} B",
        < 1_000_000 => $"{value / 1e3:0.#} kB",
        < 1_000_000_000 => $"{value / 1e6:0.#} MB",
        _ => $"{value / 1e9:0.##} GB",
    };

    /// <summary>"850 ms", "12.3 s", "3:05".</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds switch
    {
        < 1 => $"{time.TotalMilliseconds:0} ms",
        < 60 => $"{time.TotalSeconds:0.0} s",
        _ => Clock(time),
    };

    /// <summary>"0:07", "3:05", "1:02:03".</summary>
    public static string Clock(TimeSpan time)
    {
        var rounded = TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds));
        return rounded.TotalHours >= 1 ? $"{(int)rounded.TotalHours}:{rounded:mm\\:ss}" : $"{rounded:m\\:ss}";
    }
}
