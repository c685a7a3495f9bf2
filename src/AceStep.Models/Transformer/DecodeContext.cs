using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// What all of a generation's passes through the transformer share, each part computed once: the encoder's keys and
/// values for every block, the rotary positions, the embedded timesteps and the masks. Made by
/// <see cref="AceStepTransformer.Prepare"/>.
/// </summary>
/// <remarks>
/// Owns native memory until disposed, most of it 2 * blocks * width * encoder tokens values a row. Passes only read it,
/// so threads may share it. It holds copies of what the weights gave when it was made.
/// </remarks>
public sealed class DecodeContext : IDisposable
{
    private readonly RotaryTable _frameRotary;
    private readonly IReadOnlyList<(Tensor Key, Tensor Value)> _encoder; // a block: [B, H, S, d] each
    private readonly Tensor _encoderBias; // [B, 1, 1, S]
    private readonly Tensor? _frameMask; // [B, F, 1, 1]
    private readonly IReadOnlyList<bool> _weakenedRows;
    private readonly Tensor? _queryFactor; // [B, 1, 1]
    private readonly Tensor _embeddedTimesteps; // [N, B or 1, D]
    private readonly Tensor _timestepModulations; // [N, 6, B or 1, 1, D]
    private readonly Tensor _blockModulations; // [blocks, 6, 1, 1, D]

    /// <summary>Takes over all its arguments.</summary>
    internal DecodeContext(
        RotaryTable frameRotary,
        IReadOnlyList<(Tensor Key, Tensor Value)> encoder,
        Tensor encoderBias,
        Tensor? frameMask,
        IReadOnlyList<bool> weakenedRows,
        Tensor embeddedTimesteps,
        Tensor timestepModulations,
        Tensor blockModulations)
    {
        _frameRotary = frameRotary;
        _encoder = [.. encoder.Select(pair => (pair.Key.DetachFromDisposeScope(), pair.Value.DetachFromDisposeScope()))];
        _encoderBias = encoderBias.DetachFromDisposeScope();
        _frameMask = frameMask?.DetachFromDisposeScope();
        _weakenedRows = weakenedRows;
        _queryFactor = QueryFactor(weakenedRows, encoderBias.device)?.DetachFromDisposeScope();
        _embeddedTimesteps = embeddedTimesteps.DetachFromDisposeScope();
        _timestepModulations = timestepModulations.DetachFromDisposeScope();
        _blockModulations = blockModulations.DetachFromDisposeScope();
    }

    /// <summary>The number of batch rows.</summary>
    public int RowCount => _weakenedRows.Count;

    /// <summary>The number of frames that the latents must have.</summary>
    public long FrameCount => _frameRotary.Length;

    /// <summary>The number of timesteps.</summary>
    public int StepCount => (int)_embeddedTimesteps.size(0);

    /// <summary>The same context for some of its rows only, sharing its memory: nothing is computed or copied.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">The number of rows, at least 1.</param>
    /// <returns>A context to be disposed apart, before or after this one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all there.</exception>
    public DecodeContext SelectRows(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, RowCount - start);

        using var scope = NewDisposeScope();
        return new DecodeContext(
            _frameRotary.Share(),
            [.. _encoder.Select(pair => (pair.Key.narrow(0, start, count), pair.Value.narrow(0, start, count)))],
            _encoderBias.narrow(0, start, count),
            _frameMask?.narrow(0, start, count),
            [.. _weakenedRows.Skip(start).Take(count)],
            SelectTimestepRows(_embeddedTimesteps, dimension: 1),
            SelectTimestepRows(_timestepModulations, dimension: 2),
            _blockModulations.alias());

        // One timestep for all rows has no rows to choose from.
        Tensor SelectTimestepRows(Tensor timesteps, int dimension) =>
            timesteps.size(dimension) == 1 ? timesteps.alias() : timesteps.narrow(dimension, start, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frameRotary.Dispose();
        foreach ((Tensor key, Tensor value) in _encoder)
        {
            key.Dispose();
            value.Dispose();
        }

        _encoderBias.Dispose();
        _frameMask?.Dispose();
        _queryFactor?.Dispose();
        _embeddedTimesteps.Dispose();
        _timestepModulations.Dispose();
        _blockModulations.Dispose();
    }

    /// <summary>What a block reads.</summary>
    internal BlockContext ForBlock(int block) => new(
        _frameRotary,
        _encoder[block].Key,
        _encoder[block].Value,
        _encoderBias,
        _frameMask,
        EntropyRectification.WeakensBlock(block) ? _queryFactor : null);

    /// <summary>The embedded timestep of a step: [B or 1, D].</summary>
    internal Tensor EmbeddedTimestep(int step) => _embeddedTimesteps.select(0, step);

    /// <summary>The modulations of all blocks at a step: [blocks, 6, B or 1, 1, D] in float32, one already added to scales.</summary>
    internal Tensor Modulations(int step)
    {
        using Tensor timestep = _timestepModulations.select(0, step);
        return _blockModulations.Plus(timestep);
    }

    private static Tensor? QueryFactor(IReadOnlyList<bool> weakenedRows, Device device)
    {
        if (!weakenedRows.Contains(true))
        {
            return null;
        }

        float[] factors = [.. weakenedRows.Select(weakened => weakened ? (float)EntropyRectification.QueryFactor : 1)];
        return tensor(factors, [factors.Length, 1, 1], device: device);
    }
}

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
