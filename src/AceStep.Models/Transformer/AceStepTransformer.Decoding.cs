using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

public sealed partial class AceStepTransformer
{
    /// <summary>In a required shape: a size that may be anything.</summary>
    private const long Any = -1;

    /// <summary>Computes what all passes of a generation share.</summary>
    /// <param name="encoderHiddenStates">[B, S, width]: encoded conditions, of all rows that are decoded together.</param>
    /// <param name="encoderMask">[B, S], 1 or 0, any type; at least one 1 a row.</param>
    /// <param name="frames">The number of frames of the latents.</param>
    /// <param name="timesteps">[N] or, where rows differ, [N, B]: the timesteps from 0 to 1000, in the order of the steps.</param>
    /// <param name="weakenedRows">Which of the B rows are weakened (entropy-rectifying guidance); null for none.</param>
    /// <param name="frameMask">[B, F], 1 or 0: frames that neither see nor are seen; null for none.</param>
    /// <returns>The context for <see cref="Decode"/>, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">A shape does not fit the config or the other arguments.</exception>
    public DecodeContext Prepare(
        Tensor encoderHiddenStates,
        Tensor encoderMask,
        long frames,
        Tensor timesteps,
        IReadOnlyList<bool>? weakenedRows = null,
        Tensor? frameMask = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        int rows = (int)encoderHiddenStates.size(0);
        RequireShape(encoderHiddenStates, nameof(encoderHiddenStates), rows, Any, Config.Width);
        RequireShape(encoderMask, nameof(encoderMask), rows, encoderHiddenStates.size(1));
        if (timesteps.dim() != 1)
        {
            RequireShape(timesteps, nameof(timesteps), Any, rows);
        }

        if (weakenedRows is not null && weakenedRows.Count != rows)
        {
            throw new ArgumentException($"There must be one value for each of the {rows} rows; there are {weakenedRows.Count}.", nameof(weakenedRows));
        }

        if (frameMask is not null)
        {
            RequireShape(frameMask, nameof(frameMask), rows, frames);
        }

        using var scope = NewDisposeScope();
        Tensor encoder = encoderHiddenStates.to(ComputeType);
        using RotaryTable encoderRotary = CreateRotary(encoder.size(1));
        List<(Tensor Key, Tensor Value)> projected = [.. _blocks.Select(block => block.ProjectEncoder(encoder, encoderRotary))];

        Tensor encoderBias = zeros_like(encoderMask, dtype: ComputeType).FillInPlace(encoderMask.to(ScalarType.Bool).bitwise_not(), double.NegativeInfinity);
        Tensor embedded = _timestepEmbedding.call(timesteps.dim() == 1 ? timesteps.unsqueeze(1) : timesteps); // [N, B or 1, D]
        Tensor modulations = _timestepModulation.call(embedded).unflatten(2, TransformerBlock.ModulationCount, Config.Width); // [N, B or 1, 6, D]
        return new DecodeContext(
            CreateRotary(frames),
            projected,
            encoderBias.unsqueeze(1).unsqueeze(1),
            frameMask?.to(ComputeType).unsqueeze(-1).unsqueeze(-1),
            weakenedRows ?? new bool[rows],
            embedded,
            modulations.to(float32).transpose(1, 2).unsqueeze(3).contiguous(),
            BlockModulations());
    }

    /// <summary>One pass: the velocity of the latents at a step of the generation that was prepared.</summary>
    /// <param name="latents">[B, channels, height, F].</param>
    /// <param name="step">The index of the timestep, from 0.</param>
    /// <param name="context">What the passes share; its rows and frames are those of the latents.</param>
    /// <returns>The velocity, in the shape of the latents and the type of the weights. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The latents do not fit the config or the context.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public Tensor Decode(Tensor latents, int step, DecodeContext context)
    {
        RequireShape(latents, nameof(latents), context.RowCount, Config.InChannels, Config.PatchHeight, context.FrameCount);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, context.StepCount);

        using var scope = NewDisposeScope();
        Tensor[] modulations = context.Modulations(step).unbind(0);
        Tensor hiddenStates = _patchEmbedding.call(latents.to(ComputeType)); // [B, F, D]
        for (int block = 0; block < _blocks.Count; block++)
        {
            Tensor before = hiddenStates;
            hiddenStates = _blocks[block].call(hiddenStates, modulations[block], context.ForBlock(block));
            before.Dispose();
        }

        return _finalLayer.call(hiddenStates, context.EmbeddedTimestep(step)).MoveToOuterDisposeScope();
    }

    private RotaryTable CreateRotary(long length) =>
        RotaryTable.Create(length, Config.AttentionHeadSize, Config.RotaryTheta, ComputeType, Device);

    /// <summary>The blocks' own modulations as they add to a timestep's: [blocks, 6, 1, 1, D], float32, with one added to the scales.</summary>
    private Tensor BlockModulations()
    {
        using var scope = NewDisposeScope();
        Tensor modulations = stack(_blocks.Select(block => block.Modulation)).to(float32); // [blocks, 6, D]
        Tensor one = tensor(new float[] { 0, 1, 0, 0, 1, 0 }, [TransformerBlock.ModulationCount, 1], device: Device);
        return modulations.Plus(one).unsqueeze(2).unsqueeze(2).MoveToOuterDisposeScope();
    }

    private static void RequireShape(Tensor tensor, string name, params ReadOnlySpan<long> sizes)
    {
        long[] actual = tensor.shape;
        bool fits = actual.Length == sizes.Length;
        for (int i = 0; fits && i < sizes.Length; i++)
        {
            fits = sizes[i] == Any || actual[i] == sizes[i];
        }

        if (!fits)
        {
            string expected = string.Join(", ", sizes.ToArray().Select(size => size == Any ? "any" : $"{size}"));
            throw new ArgumentException($"The shape must be [{expected}]; it is [{string.Join(", ", actual)}].", name);
        }
    }
}
