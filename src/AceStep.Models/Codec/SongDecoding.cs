using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The decoding of one song, piece by piece in the order of time. Each piece is the same, up to rounding, as that part of a
/// song that is decoded at once: the attention is given the whole song's sums, and everything else as much context as it sees.
/// The original's windows, which approximate the attention and leave seams, are not reproduced.
/// </summary>
/// <remarks>
/// For one thread at a time, which may change between calls. Must be disposed before its codec is; the pieces are the caller's.
/// After an exception it can only be disposed.
/// </remarks>
public sealed class SongDecoding : IDisposable
{
    private readonly AutoencoderDecoder _decoder;
    private readonly MelVocoder _vocoder;
    private readonly DecodePlan _plan;
    private readonly Func<Tensor, Tensor> _denormalize;
    private readonly WorkSteps _steps;
    private readonly WindowedAttention _attention;
    private readonly Tensor _latents;

    // The mel frames that the vocoder still needs, and which ones they are.
    private Tensor? _mel;
    private FrameRange _melHeld;
    private int _window;

    internal SongDecoding(AutoencoderDecoder decoder, MelVocoder vocoder, DecodePlan plan, Tensor latents, Func<Tensor, Tensor> denormalize, WorkSteps steps)
    {
        _decoder = decoder;
        _vocoder = vocoder;
        _plan = plan;
        _denormalize = denormalize;
        _steps = steps;
        _attention = new WindowedAttention(decoder.AttentionBlocks, plan.Attention, ForwardEntry, steps);
        _latents = latents.DetachFromDisposeScope();
    }

    /// <summary>The number of samples that the pieces have together.</summary>
    public long TotalSamples => _plan.MelFrames * _vocoder.HopLength;

    /// <summary>Computes the next piece; null when there are no more. The first call looks through the whole song for the attention.</summary>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public DecodedPiece? Next()
    {
        using var scope = NewDisposeScope();
        if (_window == 0)
        {
            _attention.Gather();
        }

        while (_window < _plan.Pieces.Length)
        {
            DecodeWindow();
            FrameRange wanted = _plan.Pieces[_window++];
            if (wanted.Length > 0)
            {
                return new DecodedPiece(Vocode(wanted).MoveToOuterDisposeScope(), wanted.Start * _vocoder.HopLength);
            }
        }

        return null;
    }

    /// <summary>Frees what the decoding holds.</summary>
    public void Dispose()
    {
        _attention.Dispose();
        _latents.Dispose();
        _mel?.Dispose();
    }

    // The first attention block's input for a range of frames, all of it as in the whole song.
    private Tensor ForwardEntry(FrameRange range)
    {
        using var scope = NewDisposeScope();
        FrameRange wide = range.Widen(AutoencoderDecoder.EntryReach, _plan.Frames);
        return range.Of(_decoder.ForwardEntry(wide.Of(_latents)), wide).MoveToOuterDisposeScope();
    }

    // Adds a window's mel frames to those that the vocoder still needs.
    private void DecodeWindow()
    {
        using var scope = NewDisposeScope();
        FrameRange window = _plan.Attention.Windows[_window].Times(_plan.MelFramesPerFrame);
        FrameRange decoded = _plan.Attention.Results[_window].Times(_plan.MelFramesPerFrame);
        Tensor normalized = window.Of(_decoder.ForwardExit(_attention.Forward(_window), _steps), decoded);
        Tensor mel = _denormalize(normalized).squeeze(0); // [2, bins, frames]

        FrameRange held = new(_plan.Pieces[_window].Widen(_vocoder.Reach, _plan.MelFrames).Start, window.End);
        if (_mel is { } before)
        {
            mel = cat([new FrameRange(held.Start, _melHeld.End).Of(before, _melHeld), mel], -1);
            before.Dispose();
        }

        _mel = mel.DetachFromDisposeScope();
        _melHeld = held;
    }

    // [2, samples] in float32; the channels are the vocoder's batch.
    private Tensor Vocode(FrameRange wanted)
    {
        using var scope = NewDisposeScope();
        FrameRange held = wanted.Widen(_vocoder.Reach, _plan.MelFrames);
        Tensor waveform = _vocoder.call(held.Of(_mel!, _melHeld), held, wanted, _plan.MelFrames, _steps);
        return waveform.squeeze(1).to(float32).MoveToOuterDisposeScope();
    }
}

/// <summary>A finished part of a decoded song.</summary>
/// <param name="Samples">[2, n] in float32 on the codec's device, from -1 to 1. Disposed with the piece.</param>
/// <param name="StartSample">Where in the song it begins; pieces follow each other without gap or overlap.</param>
public sealed record DecodedPiece(Tensor Samples, long StartSample) : IDisposable
{
    /// <summary>Frees the samples.</summary>
    public void Dispose() => Samples.Dispose();
}

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

/// <summary>How latents become a waveform.</summary>
public enum DecodeMode
{
    /// <summary>Whole up to 48 seconds, in windows above.</summary>
    Auto,

    /// <summary>All at once: the fewest operations, memory in proportion to the length.</summary>
    Whole,

    /// <summary>
    /// In windows, which bound the memory whatever the length. The result is that of <see cref="Whole"/> up to rounding; the work
    /// is about a tenth more.
    /// </summary>
    Windowed,
}
