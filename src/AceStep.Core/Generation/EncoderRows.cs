using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>A prompt as the transformer reads it: hidden states and mask, one row.</summary>
/// <param name="HiddenStates">[1, S, D].</param>
/// <param name="NullHiddenStates">The weakened prompt, [1, S, D]; null where nothing asks for it.</param>
/// <param name="Mask">[1, S].</param>
internal sealed record TextCondition(Tensor HiddenStates, Tensor? NullHiddenStates, Tensor Mask);

/// <summary>Lyrics as the transformer reads them: token ids and mask, one row.</summary>
/// <param name="Ids">[1, L], int64.</param>
/// <param name="Mask">[1, L], int64.</param>
internal sealed record LyricCondition(Tensor Ids, Tensor Mask)
{
    /// <summary>Lyrics from ids; none at all are the single token 0 with mask 0.</summary>
    public static LyricCondition Create(IReadOnlyList<int> ids, Device device)
    {
        long[] values = ids.Count == 0 ? [0] : [.. ids.Select(id => (long)id)];
        Tensor tokens = tensor(values, int64, device).unsqueeze(0); // [1, L]
        return new LyricCondition(tokens, ids.Count == 0 ? zeros_like(tokens) : ones_like(tokens));
    }
}

/// <summary>
/// The rows of encoder states that one step of the denoising loop reads, side by side as one batch: conditional, then
/// unconditional, then (double condition) text only.
/// </summary>
/// <param name="HiddenStates">[rows, 1 + S + L, W].</param>
/// <param name="Mask">[rows, 1 + S + L].</param>
/// <param name="WeakenedRows">For each row whether ERG for diffusion weakens its attention.</param>
internal sealed record EncoderRows(Tensor HiddenStates, Tensor Mask, bool[] WeakenedRows)
{
    /// <summary>The rows that an evaluation runs, which is what it costs: all where it is guided, else the conditional one.</summary>
    public int Passes(GuidanceWindow window, int evaluation) => window.Contains(evaluation) ? WeakenedRows.Length : 1;

    /// <summary>The rows of the tasks that read the whole of <see cref="GuidanceSettings"/>.</summary>
    public static EncoderRows WithGuidance(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics, GuidanceSettings guidance)
    {
        Tensor speaker = NoSpeaker(transformer, text);
        (Tensor conditional, Tensor mask) = transformer.Encode(text.HiddenStates, text.Mask, speaker, lyrics.Ids, lyrics.Mask, weakenLyrics: false);
        if (!guidance.IsActive)
        {
            return new EncoderRows(conditional, mask, [false]);
        }

        // ERG for lyrics: the same lyrics, weakened, with the weakened prompt (or zeros). Without: zeros and ids 0.
        Tensor nullText = guidance.ErgLyric && text.NullHiddenStates is { } weakened ? weakened : zeros_like(text.HiddenStates);
        Tensor nullIds = guidance.ErgLyric ? lyrics.Ids : zeros_like(lyrics.Ids);
        (Tensor unconditional, _) = transformer.Encode(nullText, text.Mask, speaker, nullIds, lyrics.Mask, guidance.ErgLyric);
        if (!guidance.IsDoubleCondition)
        {
            return new EncoderRows(cat([conditional, unconditional], 0), cat([mask, mask], 0), [false, guidance.ErgDiffusion]);
        }

        (Tensor textOnly, _) = transformer.Encode(text.HiddenStates, text.Mask, speaker, nullIds, lyrics.Mask, guidance.ErgLyric);
        return new EncoderRows(cat([conditional, unconditional, textOnly], 0), cat([mask, mask, mask], 0), [false, guidance.ErgDiffusion, false]);
    }

    /// <summary>The rows of a task without ERG, a style transfer's: the unconditional one is an encoding of zeros, the lyric mask included.</summary>
    public static EncoderRows WithoutErg(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics, bool isGuided)
    {
        Tensor speaker = NoSpeaker(transformer, text);
        (Tensor conditional, Tensor mask) = transformer.Encode(text.HiddenStates, text.Mask, speaker, lyrics.Ids, lyrics.Mask, weakenLyrics: false);
        if (!isGuided)
        {
            return new EncoderRows(conditional, mask, [false]);
        }

        (Tensor unconditional, Tensor nullMask) = transformer.Encode(
            zeros_like(text.HiddenStates), text.Mask, speaker, zeros_like(lyrics.Ids), zeros_like(lyrics.Mask), weakenLyrics: false);
        return new EncoderRows(cat([conditional, unconditional], 0), cat([mask, nullMask], 0), [false, false]);
    }

    /// <summary>The release has no speaker encoder: the speaker is always zeros, [1, 512].</summary>
    private static Tensor NoSpeaker(AceStepTransformer transformer, TextCondition text) =>
        zeros(1, transformer.Config.SpeakerWidth, dtype: text.HiddenStates.dtype, device: text.HiddenStates.device);
}
