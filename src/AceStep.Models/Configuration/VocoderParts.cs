namespace AceStep.Models;

/// <summary>One stage of the vocoder's backbone.</summary>
public sealed record VocoderBackboneStage
{
    /// <summary>Channels of the stage.</summary>
    public required int Channels { get; init; }

    /// <summary>Blocks of the stage, at least 1.</summary>
    public required int Layers { get; init; }
}

/// <summary>One upsampling step of the vocoder's head.</summary>
public sealed record VocoderUpsampling
{
    /// <summary>By how much the step lengthens the signal.</summary>
    public required int Rate { get; init; }

    /// <summary>Kernel size of its transposed convolution; exceeds the rate by an even number.</summary>
    public required int Kernel { get; init; }
}

/// <summary>One of the residual blocks that follow each upsampling step of the vocoder's head.</summary>
public sealed record VocoderResidual
{
    /// <summary>Kernel size of all its convolutions, odd.</summary>
    public required int Kernel { get; init; }

    /// <summary>The dilations of its three pairs of convolutions; each pair's second one is not dilated.</summary>
    public required IReadOnlyList<int> Dilations { get; init; }
}
