namespace AceStep.Models;

/// <summary>
/// Entropy-rectifying guidance (ERG): a pass is guided away from a weaker version of itself, in which the queries of
/// some attentions are almost nothing, so that these attend to everything alike.
/// </summary>
/// <remarks>
/// The original fixes the layers by number, whatever the depth of the model (pipeline_ace_step.py, tau, l_min, l_max).
/// A model that is less deep is weakened in those of the layers that it has.
/// </remarks>
internal static class EntropyRectification
{
    /// <summary>What a weakened attention's queries are multiplied by, biases included.</summary>
    public const double QueryFactor = 0.01;

    /// <summary>Whether a weakened text is weakened in this block of the text encoder.</summary>
    public static bool WeakensTextBlock(int block) => block is 8 or 9;

    /// <summary>Whether weakened lyrics are weakened in this layer of the lyric encoder.</summary>
    public static bool WeakensLyricLayer(int layer) => layer is 4 or 5;

    /// <summary>Whether a weakened row is weakened in this block of the transformer, in its self- and its cross-attention.</summary>
    public static bool WeakensBlock(int block) => block is >= 15 and < 20;
}
