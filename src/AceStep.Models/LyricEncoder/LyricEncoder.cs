using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The lyric encoder: a conformer without convolutions, that is a pre-norm transformer with relative positions, over
/// embedded lyric tokens.
/// </summary>
internal sealed class LyricEncoder : nn.Module<Tensor, Tensor, bool, Tensor>
{
    /// <summary>The epsilon of all its norms.</summary>
    public const double NormEpsilon = 1e-5;

    /// <summary>The number of layers: no config has a key for it.</summary>
    private const int LayerCount = 6;

    private readonly int _width;

    [ComponentName(Name = "embed")]
    private readonly LyricEmbedding _embedding;

    [ComponentName(Name = "encoders")]
    private readonly ModuleList<LyricEncoderLayer> _layers;

    [ComponentName(Name = "after_norm")]
    private readonly LayerNorm _finalNorm;

    public LyricEncoder(int width, int heads, int hiddenWidth)
        : base(nameof(LyricEncoder))
    {
        _width = width;
        _embedding = new LyricEmbedding(width);
        _layers = new ModuleList<LyricEncoderLayer>(
            [.. Enumerable.Range(0, LayerCount).Select(_ => new LyricEncoderLayer(width, heads, hiddenWidth))]);
        _finalNorm = nn.LayerNorm(width, NormEpsilon, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    /// <param name="embeddings">[B, T, width]: the embedded tokens.</param>
    /// <param name="mask">[B, T], nonzero where a token is real. Rows of padding are computed like the others; whoever attends to them masks them.</param>
    /// <param name="weaken">Whether queries are weakened: <see cref="EntropyRectification"/>.</param>
    public override Tensor forward(Tensor embeddings, Tensor mask, bool weaken)
    {
        using var scope = NewDisposeScope();
        Tensor isPadding = mask.logical_not().unsqueeze(1).unsqueeze(1); // [B, 1, 1, T]
        Tensor positions = RelativePositions.Create(embeddings.size(1), _width, embeddings.dtype, embeddings.device);
        Tensor hiddenStates = _embedding.call(embeddings);
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            hiddenStates = _layers[layer].call(hiddenStates, positions, isPadding, weaken && EntropyRectification.WeakensLyricLayer(layer));
        }

        return _finalNorm.call(hiddenStates).MoveToOuterDisposeScope();
    }
}
