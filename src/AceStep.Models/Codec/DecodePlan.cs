namespace AceStep.Models;

/// <summary>Which windows of latents, and which ranges of mel frames, a song is decoded in.</summary>
internal sealed class DecodePlan
{
    /// <summary>Plans the decoding of one song.</summary>
    /// <param name="frames">Latent frames of the song.</param>
    /// <param name="windowFrames">Latent frames that a window may have; all of them for no windows.</param>
    /// <param name="melFramesPerFrame">Mel frames of a latent frame.</param>
    /// <param name="samplesPerMelFrame">Samples of a mel frame.</param>
    /// <param name="decoder">What decodes the windows.</param>
    /// <param name="vocoder">What turns the ranges into samples.</param>
    public DecodePlan(long frames, long windowFrames, int melFramesPerFrame, int samplesPerMelFrame, AutoencoderDecoder decoder, MelVocoder vocoder)
    {
        MelFramesPerFrame = melFramesPerFrame;
        SamplesPerMelFrame = samplesPerMelFrame;
        Windows = FrameRange.Split(frames, windowFrames);
        Pieces = new FrameRange[Windows.Count];
        for (int window = 0; window < Windows.Count; window++)
        {
            // A mel frame can be heard once all that the vocoder sees around it is decoded.
            long start = window == 0 ? 0 : Pieces[window - 1].End;
            long decoded = Windows[window].End * melFramesPerFrame;
            Pieces[window] = new FrameRange(start, window == Windows.Count - 1 ? decoded : Math.Max(start, decoded - vocoder.Reach));
        }

        int blocks = decoder.AttentionBlocks.Count;
        int gathered = Windows.Count > 1 ? WindowedAttention.GatherSteps(blocks) : 0;
        Steps = (Windows.Count * (gathered + blocks + decoder.ExitSteps)) + Pieces.Where(piece => piece.Length > 0).Sum(piece => vocoder.Steps(piece.Length));
    }

    /// <summary>Mel frames of a latent frame.</summary>
    public int MelFramesPerFrame { get; }

    /// <summary>Samples of a mel frame.</summary>
    public int SamplesPerMelFrame { get; }

    /// <summary>The windows of latent frames, without gaps.</summary>
    public IReadOnlyList<FrameRange> Windows { get; }

    /// <summary>The mel frames that become samples after each window; empty where the vocoder sees farther than the window reaches.</summary>
    public FrameRange[] Pieces { get; }

    /// <summary>The mel frames of the whole song.</summary>
    public long MelFrames => Pieces[^1].End;

    /// <summary>The steps that the decoding counts.</summary>
    public int Steps { get; }
}
