namespace AceStep.Models;

/// <summary>One stage of the latent codec's encoder or decoder: the blocks at one resolution.</summary>
public sealed record AutoencoderStage
{
    /// <summary>Channels of the stage.</summary>
    public required int Channels { get; init; }

    /// <summary>Blocks of the stage, at least 1, without the change of rate that leads to its neighbour.</summary>
    public required int Layers { get; init; }

    /// <summary>The odd kernel sizes of the attention's further scales, one each; empty for a stage without attention.</summary>
    public IReadOnlyList<int> AttentionKernels { get; init; } = [];
}
