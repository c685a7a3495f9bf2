using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The lyric encoder's input layer: a linear layer and a norm, then the scale sqrt(width) that would otherwise keep
/// positions and embeddings comparable. Positions are not added to the stream; the attention reads them apart.
/// </summary>
internal sealed class LyricEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly double _scale;

    [ComponentName(Name = "out")]
    private readonly Sequential _out;

    public LyricEmbedding(int width)
        : base(nameof(LyricEmbedding))
    {
        _scale = Math.Sqrt(width);
        _out = nn.Sequential(
            ("0", nn.Linear(width, width, device: META)),
            ("1", nn.LayerNorm(width, LyricEncoder.NormEpsilon, device: META)));
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    public override Tensor forward(Tensor embeddings) => _out.call(embeddings).MultiplyInPlace(_scale);
}
