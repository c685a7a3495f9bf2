using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

public sealed partial class AceStepTransformer
{
    /// <summary>Encodes conditions: one speaker token, the text's tokens, the lyrics' tokens, each projected to the model's width.</summary>
    /// <param name="textHiddenStates">[B, S, text width]: the text encoder's last hidden states.</param>
    /// <param name="textMask">[B, S], 1 or 0, any type.</param>
    /// <param name="speaker">[B, speaker width]; zeros where no speaker is given.</param>
    /// <param name="lyricIds">[B, L], int64, L at least 1.</param>
    /// <param name="lyricMask">[B, L], 1 or 0, any type.</param>
    /// <param name="weakenLyrics">Whether the lyric encoder is weakened (entropy-rectifying guidance).</param>
    /// <returns>
    /// The hidden states [B, 1 + S + L, width], padding left where it is, in the weights' type; and their mask
    /// [B, 1 + S + L], float32, 1 or 0. The caller disposes both.
    /// </returns>
    /// <exception cref="ArgumentException">A shape does not fit the config or the other arguments.</exception>
    public (Tensor HiddenStates, Tensor Mask) Encode(
        Tensor textHiddenStates,
        Tensor textMask,
        Tensor speaker,
        Tensor lyricIds,
        Tensor lyricMask,
        bool weakenLyrics)
    {
        long rows = textHiddenStates.size(0);
        RequireShape(textHiddenStates, nameof(textHiddenStates), rows, Any, Config.TextWidth);
        RequireShape(textMask, nameof(textMask), rows, textHiddenStates.size(1));
        RequireShape(speaker, nameof(speaker), rows, Config.SpeakerWidth);
        RequireShape(lyricIds, nameof(lyricIds), rows, Any);
        RequireShape(lyricMask, nameof(lyricMask), rows, lyricIds.size(1));

        using var scope = NewDisposeScope();
        Tensor speakerToken = _speakerProjection.call(speaker.to(ComputeType)).unsqueeze(1); // [B, 1, D]
        Tensor text = _textProjection.call(textHiddenStates.to(ComputeType)); // [B, S, D]
        Tensor lyrics = _lyricEncoder.call(_lyricEmbedding.call(lyricIds), lyricMask, weakenLyrics);
        Tensor hiddenStates = cat([speakerToken, text, _lyricProjection.call(lyrics)], dim: 1);
        Tensor mask = cat([ones(rows, 1, dtype: float32, device: Device), textMask.to(float32), lyricMask.to(float32)], dim: 1);
        return (hiddenStates.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }
}
