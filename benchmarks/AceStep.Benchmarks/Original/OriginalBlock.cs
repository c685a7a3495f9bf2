using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace AceStep.Benchmarks.Original;

/// <summary>
/// A transformer block as the original runs it: the same arithmetic in its order of operations and its layouts, with the
/// encoder's keys and values projected and the rotary pairs taken apart in each pass.
/// </summary>
internal sealed class OriginalBlock(IReadOnlyDictionary<string, Tensor> weights, int heads, int headSize)
{
    /// <summary>[B, F, D] to [B, F, D].</summary>
    /// <param name="hiddenStates">[B, F, D]: the stream.</param>
    /// <param name="temb">[B, 6 D]: the timestep's modulations.</param>
    /// <param name="encoder">[B, S, D].</param>
    /// <param name="encoderMask">[B, S], 1 or 0.</param>
    /// <param name="rotary">The frames' rotary positions.</param>
    /// <param name="encoderRotary">The encoder's.</param>
    /// <param name="queryFactor">What the queries are multiplied by: below 1 in a weakened pass.</param>
    public Tensor Run(
        Tensor hiddenStates,
        Tensor temb,
        Tensor encoder,
        Tensor encoderMask,
        (Tensor Cosine, Tensor Sine) rotary,
        (Tensor Cosine, Tensor Sine) encoderRotary,
        double queryFactor = 1)
    {
        using var scope = NewDisposeScope();
        Tensor[] modulation = weights["scale_shift_table"].unsqueeze(0).Plus(temb.view(hiddenStates.size(0), 6, -1)).chunk(6, 1);
        Tensor normalised = (Norm(hiddenStates) * modulation[1].Plus(1)).Plus(modulation[0]);
        Tensor stream = (modulation[2] * SelfAttention(normalised, rotary, queryFactor)).Plus(hiddenStates);
        stream = CrossAttention(stream, encoder, encoderMask, rotary, encoderRotary, queryFactor).Plus(stream);
        normalised = (Norm(stream) * modulation[4].Plus(1)).Plus(modulation[3]);
        return stream.Plus(modulation[5] * FeedForward(normalised)).MoveToOuterDisposeScope();
    }

    /// <summary>x / sqrt(mean(x^2) + 1e-6) over the last axis.</summary>
    public static Tensor Norm(Tensor hiddenStates)
    {
        Tensor variance = hiddenStates.to(float32).Squared().mean([-1], keepdim: true);
        return (hiddenStates * variance.Plus(1e-6).rsqrt()).to(hiddenStates.dtype);
    }

    private Tensor Rotate(Tensor tokens, (Tensor Cosine, Tensor Sine) rotary)
    {
        Tensor[] pairs = tokens.unflatten(3, headSize / 2, 2).unbind(-1);
        Tensor rotated = stack([-pairs[1], pairs[0]], -1).flatten(3);
        return (tokens.to(float32) * rotary.Cosine).Plus(rotated.to(float32) * rotary.Sine).to(tokens.dtype);
    }

    private Tensor SelfAttention(Tensor hiddenStates, (Tensor Cosine, Tensor Sine) rotary, double queryFactor)
    {
        long rows = hiddenStates.size(0);
        Tensor query = FeaturesFirst(Weaken(Project("attn.to_q", hiddenStates), queryFactor)).permute(0, 1, 3, 2);
        Tensor key = FeaturesFirst(Project("attn.to_k", hiddenStates)).transpose(-1, -2);
        Tensor value = FeaturesFirst(Project("attn.to_v", hiddenStates));
        query = relu(Rotate(query, rotary).permute(0, 1, 3, 2)).to(float32);
        key = relu(Rotate(key, rotary)).to(float32);
        value = pad(value.to(float32), [0, 0, 0, 1], PaddingModes.Constant, 1);
        Tensor attended = matmul(matmul(value, key), query);
        attended = attended.narrow(2, 0, headSize) / attended.narrow(2, headSize, 1).Plus(1e-15);
        attended = attended.reshape(rows, heads * headSize, -1).permute(0, 2, 1).to(hiddenStates.dtype);
        return Project("attn.to_out.0", attended);

        Tensor FeaturesFirst(Tensor projected) => projected.transpose(-1, -2).reshape(rows, heads, headSize, -1);
    }

    private Tensor CrossAttention(
        Tensor hiddenStates, Tensor encoder, Tensor encoderMask, (Tensor Cosine, Tensor Sine) rotary, (Tensor Cosine, Tensor Sine) encoderRotary, double queryFactor)
    {
        Tensor query = Rotate(ToHeads(Weaken(Project("cross_attn.to_q", hiddenStates), queryFactor)), rotary);
        Tensor key = Rotate(ToHeads(Project("cross_attn.to_k", encoder)), encoderRotary);
        Tensor value = ToHeads(Project("cross_attn.to_v", encoder));
        Tensor pairs = ones(hiddenStates.size(0), hiddenStates.size(1), 1, device: hiddenStates.device) * encoderMask.unsqueeze(1);
        Tensor mask = zeros_like(pairs).FillInPlace(pairs.logical_not(), double.NegativeInfinity).unsqueeze(1).expand([-1, heads, -1, -1]).to(query.dtype);
        Tensor attended = scaled_dot_product_attention(query, key, value, mask);
        return Project("cross_attn.to_out.0", attended.transpose(1, 2).reshape(hiddenStates.size(0), -1, heads * headSize));

        Tensor ToHeads(Tensor projected) => projected.view(projected.size(0), -1, heads, headSize).transpose(1, 2);
    }

    private Tensor FeedForward(Tensor hiddenStates)
    {
        Tensor hidden = conv1d(hiddenStates.transpose(1, 2), weights["ff.inverted_conv.conv.weight"], weights["ff.inverted_conv.conv.bias"]).silu_();
        Tensor depthWeight = weights["ff.depth_conv.conv.weight"];
        Tensor[] halves = conv1d(hidden, depthWeight, weights["ff.depth_conv.conv.bias"], padding: 1, groups: depthWeight.size(0)).chunk(2, 1);
        return conv1d(halves[0] * silu(halves[1]), weights["ff.point_conv.conv.weight"]).transpose(1, 2);
    }

    private static Tensor Weaken(Tensor query, double factor) => factor == 1 ? query : query.Times(factor);

    private Tensor Project(string name, Tensor tokens) => linear(tokens, weights[$"{name}.weight"], weights[$"{name}.bias"]);
}
