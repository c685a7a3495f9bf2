namespace AceStep.Models;

/// <summary>Which windows of latents, and which ranges of mel frames, a song is decoded in.</summary>
internal sealed class DecodePlan
{
    /// <summary>Plans the decoding of one song.</summary>
    /// <param name="attention">How the attention goes through them.</param>
    /// <param name="melFramesPerFrame">Mel frames of a latent frame.</param>
    /// <param name="decoder">What decodes the windows.</param>
    /// <param name="vocoder">What turns mel frames into samples.</param>
    public DecodePlan(AttentionPlan attention, int melFramesPerFrame, AutoencoderDecoder decoder, MelVocoder vocoder)
    {
        Attention = attention;
        MelFramesPerFrame = melFramesPerFrame;
        Pieces = new FrameRange[attention.Windows.Count];
        for (int window = 0; window < Pieces.Length; window++)
        {
            // A mel frame can be heard once all that the vocoder sees around it is decoded.
            long start = window == 0 ? 0 : Pieces[window - 1].End;
            long decoded = attention.Windows[window].End * melFramesPerFrame;
            Pieces[window] = new FrameRange(start, window == Pieces.Length - 1 ? decoded : Math.Max(start, decoded - vocoder.Reach));
        }

        Steps = attention.Steps + (Pieces.Length * decoder.ExitSteps)
            + Pieces.Where(piece => piece.Length > 0).Sum(piece => vocoder.Steps(piece.Length));
    }

    /// <summary>How the attention goes through the latents, and the windows.</summary>
    public AttentionPlan Attention { get; }

    /// <summary>Mel frames of a latent frame.</summary>
    public int MelFramesPerFrame { get; }

    /// <summary>The mel frames that become samples after each window; empty where the vocoder sees farther than the window reaches.</summary>
    public FrameRange[] Pieces { get; }

    /// <summary>Latent frames of the whole song.</summary>
    public long Frames => Attention.Windows[^1].End;

    /// <summary>Mel frames of the whole song.</summary>
    public long MelFrames => Pieces[^1].End;

    /// <summary>The steps that the decoding counts.</summary>
    public int Steps { get; }
}
