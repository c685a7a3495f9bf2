using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace AceStep.Models.Tests;

/// <summary>The feed-forward against the plain sequence of convolutions that it stands for.</summary>
public sealed class GatedConvolutionTests
{
    private const int Width = 6;
    private const int HiddenWidth = 10;

    [Test]
    public void Forward_AnyLength_EqualsConvolutions(
        [Values(1, 2, 383, 384, 385, 769, 1000)] int frames, [Values(1, 3)] int rows, [Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var feedForward = new GatedConvolution(Width, HiddenWidth);
        using var generator = new Generator(3);
        Dictionary<string, Tensor> weights = new()
        {
            ["inverted_conv.conv.weight"] = Draw(2 * HiddenWidth, Width, 1),
            ["inverted_conv.conv.bias"] = Draw(2 * HiddenWidth),
            ["depth_conv.conv.weight"] = Draw(2 * HiddenWidth, 1, 3),
            ["depth_conv.conv.bias"] = Draw(2 * HiddenWidth),
            ["point_conv.conv.weight"] = Draw(Width, HiddenWidth, 1),
        };
        ModuleLoader.Load(feedForward, new MemorySource(weights), type, CPU);
        Tensor input = Draw(rows, frames, Width);

        Tensor expanded = conv1d(input.transpose(1, 2), weights["inverted_conv.conv.weight"], weights["inverted_conv.conv.bias"]).silu();
        Tensor mixed = conv1d(expanded, weights["depth_conv.conv.weight"], weights["depth_conv.conv.bias"], padding: 1, groups: 2 * HiddenWidth);
        Tensor gated = mixed.narrow(1, 0, HiddenWidth) * mixed.narrow(1, HiddenWidth, HiddenWidth).silu();
        Tensor expected = conv1d(gated, weights["point_conv.conv.weight"]).transpose(1, 2);
        TensorAssert.Close(feedForward.call(input.to(type)).to(float32), expected, type == ScalarType.Float32 ? 1e-6 : 2e-2, "feed-forward");

        // Numbers that either type has.
        Tensor Draw(params long[] shape) => randn(shape, generator: generator).to(bfloat16).to(float32);
    }
}
