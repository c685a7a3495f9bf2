using AceStep.Audio;

namespace AceStep.Cli.Listening;

/// <summary>What a sound measures, as JSON has it: null in place of the minus infinity of silence.</summary>
internal sealed record SoundReport
{
    public double? PeakDb { get; init; }

    public double? TruePeakDb { get; init; }

    public double? LoudnessLufs { get; init; }

    public required double CentroidHz { get; init; }

    public required long ClippedSamples { get; init; }

    public required double SilentShare { get; init; }

    /// <summary>Samples that are NaN or infinite; the measures take them for zero.</summary>
    public required long NonFiniteSamples { get; init; }

    /// <summary>All of it in one line.</summary>
    public required string Summary { get; init; }

    public static SoundReport Of(AudioBuffer audio)
    {
        AudioAnalysis analysis = AudioAnalysis.Of(audio);
        return new SoundReport
        {
            PeakDb = Finite(analysis.Peak),
            TruePeakDb = Finite(analysis.TruePeak),
            LoudnessLufs = Finite(analysis.IntegratedLoudness),
            CentroidHz = Math.Round(analysis.SpectralCentroid),
            ClippedSamples = analysis.ClippedSamples,
            SilentShare = Math.Round(analysis.SilentShare, 3),
            NonFiniteSamples = analysis.NonFiniteSamples,
            Summary = analysis.ToString(),
        };
    }

    private static double? Finite(double decibels) => double.IsFinite(decibels) ? Math.Round(decibels, 2) : null;
}
