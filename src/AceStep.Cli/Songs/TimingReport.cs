namespace AceStep.Cli.Songs;

/// <summary>How long the parts of a run took, in seconds.</summary>
internal sealed record TimingReport(double Loading, double Source, double Conditioning, double Denoising, double Decoding, double Saving)
{
    public double Total => Math.Round(Loading + Source + Conditioning + Denoising + Decoding + Saving, 3);

    public static TimingReport Create(MusicTimings timings, TimeSpan loading, TimeSpan saving) =>
        new(Round(loading), Round(timings.Source), Round(timings.Conditioning), Round(timings.Denoising), Round(timings.Decoding), Round(saving));

    private static double Round(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
