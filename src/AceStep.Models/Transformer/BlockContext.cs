using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>What one block reads of a generation besides the stream; the tensors belong to the <see cref="DecodeContext"/>.</summary>
/// <param name="FrameRotary">The rotary positions of the frames.</param>
/// <param name="Key">[B, H, S, d]: the encoder's keys for this block, rotated.</param>
/// <param name="Value">[B, H, S, d]: the encoder's values for this block.</param>
/// <param name="EncoderBias">[B, 1, 1, S]: added to the scores, 0 or, where the encoder has padding, minus infinity.</param>
/// <param name="FrameMask">[B, F, 1, 1], 1 or 0; null where no frame is masked.</param>
/// <param name="QueryFactor">[B, 1, 1], float32: what each row's queries are multiplied by; null where this block is weakened in no row.</param>
internal readonly record struct BlockContext(
    RotaryTable FrameRotary,
    Tensor Key,
    Tensor Value,
    Tensor EncoderBias,
    Tensor? FrameMask,
    Tensor? QueryFactor)
{
    /// <summary>Multiplies the rows of a query projection [B, F, D] that are weakened, in place.</summary>
    public Tensor Weaken(Tensor query) => QueryFactor is null ? query : query.mul_(QueryFactor);
}
