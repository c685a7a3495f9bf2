using TorchSharp;

namespace AceStep.Models;

/// <summary>A finished part of a decoded song.</summary>
/// <param name="Samples">[2, n] in float32 on the codec's device, from -1 to 1. Disposed with the piece.</param>
/// <param name="StartSample">Where in the song it begins; pieces follow each other without gap or overlap.</param>
public sealed record DecodedPiece(torch.Tensor Samples, long StartSample) : IDisposable
{
    /// <summary>Frees the samples.</summary>
    public void Dispose() => Samples.Dispose();
}
