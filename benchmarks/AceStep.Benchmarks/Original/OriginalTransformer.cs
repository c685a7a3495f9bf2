using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace AceStep.Benchmarks.Original;

/// <summary>
/// A pass through the transformer as the original runs it: everything that a pass reads is computed in it, and each
/// condition has a pass of its own. Reads the weights of a transformer of this library.
/// </summary>
internal sealed class OriginalTransformer : IDisposable
{
    private const string BlockPrefix = "transformer_blocks.";

    private readonly TransformerConfig _config;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly OriginalBlock[] _blocks;
    private readonly (Tensor Cosine, Tensor Sine) _rotary;

    /// <param name="transformer">Whose weights are read; must outlive this.</param>
    /// <param name="positions">The most frames or encoder tokens: the original has its table of rotary positions from the start.</param>
    public OriginalTransformer(AceStepTransformer transformer, int positions)
    {
        _config = transformer.Config;
        _weights = transformer.named_parameters().ToDictionary(entry => entry.name, entry => (Tensor)entry.parameter);
        _blocks = [.. Enumerable.Range(0, _config.LayerCount).Select(CreateBlock)];
        Tensor any = _weights["proj_in.early_conv_layers.0.weight"];
        _rotary = Rotary(positions, _config.AttentionHeadSize, _config.RotaryTheta, any.dtype, any.device);
    }

    /// <summary>Cosines and sines of the rotary positions as the original holds them, [length, head size] each; the caller's.</summary>
    public static (Tensor Cosine, Tensor Sine) Rotary(int length, int headSize, double theta, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor exponents = TensorArithmetic.Range(0, headSize, 2, float32, device).Over(headSize);
        Tensor frequencies = zeros_like(exponents).Plus(theta).pow(exponents).reciprocal();
        Tensor angles = outer(TensorArithmetic.Range(0, length, 1, float32, device), frequencies);
        Tensor table = cat([angles, angles], -1);
        return (table.cos().to(dtype).DetachFromDisposeScope(), table.sin().to(dtype).DetachFromDisposeScope());
    }

    /// <summary>The velocity [B, channels, height, F].</summary>
    /// <param name="latents">[B, channels, height, F].</param>
    /// <param name="timestep">[B], from 0 to 1000.</param>
    /// <param name="encoder">[B, S, D].</param>
    /// <param name="encoderMask">[B, S], 1 or 0.</param>
    /// <param name="isWeakened">Whether entropy-rectifying guidance weakens the pass.</param>
    public Tensor Decode(Tensor latents, Tensor timestep, Tensor encoder, Tensor encoderMask, bool isWeakened)
    {
        using var scope = NewDisposeScope();
        Tensor projected = _weights["timestep_embedder.linear_1.weight"];
        Tensor sinusoids = TimestepEmbedding.Sinusoids(timestep).to(projected.dtype);
        Tensor embedded = Project("timestep_embedder.linear_2", silu(Project("timestep_embedder.linear_1", sinusoids))); // [B, D]
        Tensor temb = Project("t_block.1", silu(embedded)); // [B, 6 D]

        Tensor hiddenStates = Embed(latents.to(projected.dtype)); // [B, F, D]
        var rotary = (_rotary.Cosine.narrow(0, 0, hiddenStates.size(1)), _rotary.Sine.narrow(0, 0, hiddenStates.size(1)));
        var encoderRotary = (_rotary.Cosine.narrow(0, 0, encoder.size(1)), _rotary.Sine.narrow(0, 0, encoder.size(1)));
        for (int block = 0; block < _blocks.Length; block++)
        {
            double queryFactor = isWeakened && EntropyRectification.WeakensBlock(block) ? EntropyRectification.QueryFactor : 1;
            Tensor before = hiddenStates;
            hiddenStates = _blocks[block].Run(hiddenStates, temb, encoder, encoderMask, rotary, encoderRotary, queryFactor);
            before.Dispose();
        }

        return Leave(hiddenStates, embedded).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _rotary.Cosine.Dispose();
        _rotary.Sine.Dispose();
    }

    private OriginalBlock CreateBlock(int index)
    {
        string prefix = $"{BlockPrefix}{index}.";
        Dictionary<string, Tensor> weights = _weights.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
        return new OriginalBlock(weights, _config.AttentionHeads, _config.AttentionHeadSize);
    }

    private Tensor Embed(Tensor latents)
    {
        const string Layers = "proj_in.early_conv_layers";
        Tensor features = conv2d(latents, _weights[$"{Layers}.0.weight"], _weights[$"{Layers}.0.bias"], strides: [_config.PatchHeight, 1]);
        features = group_norm(features, 32, _weights[$"{Layers}.1.weight"], _weights[$"{Layers}.1.bias"], 1e-6);
        features = conv2d(features, _weights[$"{Layers}.2.weight"], _weights[$"{Layers}.2.bias"]); // [B, D, 1, F]
        return features.flatten(2).transpose(1, 2);
    }

    private Tensor Leave(Tensor hiddenStates, Tensor embedded)
    {
        Tensor[] modulation = _weights["final_layer.scale_shift_table"].unsqueeze(0).Plus(embedded.unsqueeze(1)).chunk(2, 1); // [B, 1, D] each
        Tensor normalised = (OriginalBlock.Norm(hiddenStates) * modulation[1].Plus(1)).Plus(modulation[0]);
        Tensor columns = Project("final_layer.linear", normalised).unflatten(2, _config.PatchHeight, _config.OutChannels); // [B, F, height, C]
        return columns.permute(0, 3, 2, 1).contiguous();
    }

    private Tensor Project(string name, Tensor tokens) => linear(tokens, _weights[$"{name}.weight"], _weights[$"{name}.bias"]);
}
