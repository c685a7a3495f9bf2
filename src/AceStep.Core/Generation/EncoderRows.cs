using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>An encoded prompt: hidden states and mask, one row.</summary>
/// <param name="HiddenStates">[1, S, D].</param>
/// <param name="NullHiddenStates">The weakened prompt, [1, S, D]; null if the guidance does not need it.</param>
/// <param name="Mask">[1, S].</param>
internal sealed record TextCondition(Tensor HiddenStates, Tensor? NullHiddenStates, Tensor Mask);

/// <summary>Tokenised lyrics: token ids and mask, one row.</summary>
/// <param name="Ids">[1, L], int64.</param>
/// <param name="Mask">[1, L], int64.</param>
internal sealed record LyricCondition(Tensor Ids, Tensor Mask)
{
    /// <summary>Creates the condition from token ids. Without lyrics it is the single token 0 with mask 0.</summary>
    public static LyricCondition Create(IReadOnlyList<int> ids, Device device)
    {
        long[] values = ids.Count == 0 ? [0] : [.. ids.Select(id => (long)id)];
        Tensor tokens = tensor(values, int64, device).unsqueeze(0); // [1, L]
        return new LyricCondition(tokens, ids.Count == 0 ? zeros_like(tokens) : ones_like(tokens));
    }
}

/// <summary>
/// The encoder states that one step of the denoising loop reads, as rows of one batch: conditional, then unconditional, then
/// (for double-condition guidance) text only.
/// </summary>
/// <param name="HiddenStates">[rows, 1 + S + L, W].</param>
/// <param name="Mask">[rows, 1 + S + L].</param>
/// <param name="WeakenedRows">For each row, whether ERG for diffusion weakens its attention.</param>
internal sealed record EncoderRows(Tensor HiddenStates, Tensor Mask, bool[] WeakenedRows)
{
    /// <summary>The number of rows that an evaluation computes: all rows if it is guided, otherwise only the conditional one.</summary>
    public int Passes(GuidanceWindow window, int evaluation) => window.Contains(evaluation) ? WeakenedRows.Length : 1;

    /// <summary>Encodes the rows of tasks that use all of <see cref="GuidanceSettings"/>.</summary>
    public static EncoderRows WithGuidance(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics, GuidanceSettings guidance)
    {
        Tensor speaker = NoSpeaker(transformer, text);
        (Tensor conditional, Tensor mask) = transformer.Encode(text.HiddenStates, text.Mask, speaker, lyrics.Ids, lyrics.Mask, weakenLyrics: false);
        if (!guidance.IsActive)
        {
            return new EncoderRows(conditional, mask, [false]);
        }

        // With ERG for lyrics, the unconditional row has the same lyrics, weakened, and the weakened prompt (or zeros). Without it, zeros and the ids 0.
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

    /// <summary>Encodes the rows of a task without ERG (style transfer): the unconditional row is an encoding of zeros, with a lyric mask of zeros.</summary>
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

    /// <summary>The speaker's embedding, [1, 512]. Always zeros, since the released model has no speaker encoder.</summary>
    private static Tensor NoSpeaker(AceStepTransformer transformer, TextCondition text) =>
        zeros(1, transformer.Config.SpeakerWidth, dtype: text.HiddenStates.dtype, device: text.HiddenStates.device);
}
