namespace AceStep.Cli.Terminal;

/// <summary>Stages and their units in words.</summary>
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
