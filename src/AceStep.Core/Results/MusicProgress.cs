namespace AceStep;

/// <summary>What a pipeline is doing.</summary>
public enum MusicStage
{
    /// <summary>Reading the checkpoint; counted in bytes.</summary>
    Loading,

    /// <summary>Reading and encoding the source; counted in windows.</summary>
    EncodingSource,

    /// <summary>Encoding prompt and lyrics.</summary>
    Conditioning,

    /// <summary>The denoising loop; counted in evaluations of the model.</summary>
    Denoising,

    /// <summary>Decoding latents to audio; counted in windows.</summary>
    Decoding,

    /// <summary>Downloading a model that is in no cache; counted in bytes.</summary>
    Downloading,
}

/// <summary>The stages in messages.</summary>
internal static class MusicStageText
{
    /// <summary>The words for a stage after "While": "denoising".</summary>
    public static string Doing(this MusicStage stage) => stage switch
    {
        MusicStage.Loading => "reading the checkpoint",
        MusicStage.EncodingSource => "encoding the source",
        MusicStage.Conditioning => "encoding prompt and lyrics",
        MusicStage.Denoising => "denoising",
        MusicStage.Downloading => "downloading",
        _ => "decoding",
    };
}

/// <summary>
/// One report of progress. Each stage of a generation reports once when it starts (<see cref="Completed"/> 0) and once
/// after each of its <see cref="Total"/> units. A part of the model that the memory plan has dropped is read again when it
/// is needed; then <see cref="MusicStage.Loading"/> is reported within another stage.
/// </summary>
/// <param name="Stage">The stage.</param>
/// <param name="Completed">Units done.</param>
/// <param name="Total">Units of this stage.</param>
/// <param name="Remaining">The estimated time to the end of this stage; null before the first unit is done.</param>
public readonly record struct MusicProgress(MusicStage Stage, long Completed, long Total, TimeSpan? Remaining)
{
    private readonly double? _fraction;

    /// <summary>
    /// How much of the whole call is done: 0 to 1, never decreasing. For a request it is estimated from the work of its
    /// stages; for other calls it is the share of the stage.
    /// </summary>
    public double Fraction
    {
        get => _fraction ?? (Total > 0 ? (double)Completed / Total : 0);
        init => _fraction = value;
    }
}
