using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>UMT5's self-attention: unscaled, with a bias by distance that each block learns for itself.</summary>
internal sealed class Umt5Attention : torch.nn.Module
{
    private readonly int _headCount;

    [ComponentName(Name = "q")]
    private readonly Linear _query;

    [ComponentName(Name = "k")]
    private readonly Linear _key;

    [ComponentName(Name = "v")]
    private readonly Linear _value;

    [ComponentName(Name = "o")]
    private readonly Linear _output;

    [ComponentName(Name = "relative_attention_bias")]
    private readonly TokenEmbedding _biasByBucket;

    public Umt5Attention(int width, int headCount, int headWidth, int bucketCount)
        : base(nameof(Umt5Attention))
    {
        _headCount = headCount;
        int innerWidth = headCount * headWidth;
        _query = torch.nn.Linear(width, innerWidth, hasBias: false, device: torch.META);
        _key = torch.nn.Linear(width, innerWidth, hasBias: false, device: torch.META);
        _value = torch.nn.Linear(width, innerWidth, hasBias: false, device: torch.META);
        _output = torch.nn.Linear(innerWidth, width, hasBias: false, device: torch.META);
        _biasByBucket = new TokenEmbedding(bucketCount, headCount);
        RegisterComponents();
    }

    /// <summary>Mixes every token with all those that are not masked.</summary>
    /// <param name="hiddenStates">The normalized hidden states, [B, S, D].</param>
    /// <param name="pass">What all blocks share in one pass.</param>
    /// <param name="queryScale">What the queries are multiplied by, where they are.</param>
    /// <returns>[B, S, D].</returns>
    public torch.Tensor Attend(torch.Tensor hiddenStates, Umt5Pass pass, double? queryScale)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor query = SplitHeads(_query.call(hiddenStates)); // [B, H, S, W]
        torch.Tensor key = SplitHeads(_key.call(hiddenStates));
        torch.Tensor value = SplitHeads(_value.call(hiddenStates));
        if (queryScale is { } scale)
        {
            query.MultiplyInPlace(scale);
        }

        torch.Tensor distanceBias = _biasByBucket.call(pass.Buckets).permute(2, 0, 1).unsqueeze(0); // [1, H, S, S]
        torch.Tensor scores = torch.matmul(query, key.transpose(-1, -2)); // [B, H, S, S]
        scores.AddInPlace(distanceBias.Plus(pass.MaskBias));
        torch.Tensor weights = torch.nn.functional.softmax(scores, -1, torch.float32).to(scores.dtype);
        torch.Tensor context = torch.matmul(weights, value); // [B, H, S, W]
        return _output.call(context.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    private torch.Tensor SplitHeads(torch.Tensor projected) =>
        projected.view(projected.size(0), projected.size(1), _headCount, -1).transpose(1, 2); // [B, S, H x W] to [B, H, S, W]
}
