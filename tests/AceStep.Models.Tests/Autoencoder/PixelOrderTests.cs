using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>
/// The places where values change their position: wrong orders have plausible shapes, and random weights hide them well.
/// With weights of zero only the shortcuts remain, so values that tell where they come from can be followed.
/// </summary>
public sealed class PixelOrderTests
{
    [TestCase(8, 4)]
    [TestCase(4, 4)]
    [TestCase(16, 4)]
    [TestCase(8, 6)]
    public void Upsampling_WithoutConvolution_DealsChannelsOutToPixels(int inputChannels, int outputChannels)
    {
        using var scope = NewDisposeScope();
        using UpsamplingBlock block = new(inputChannels, outputChannels);
        Zero(block);
        Tensor x = TensorArithmetic.Range(0, 2 * inputChannels * 3 * 5, 1, float32, CPU).reshape(2, inputChannels, 3, 5);
        Tensor y = block.call(ChannelsLast.Store(x));
        int repeats = 4 * outputChannels / inputChannels;
        Tensor expected = zeros(2, outputChannels, 6, 10);
        for (int channel = 0; channel < outputChannels; channel++)
        {
            for (int dy = 0; dy < 2; dy++)
            {
                for (int dx = 0; dx < 2; dx++)
                {
                    int source = ((4 * channel) + (2 * dy) + dx) / repeats;
                    expected.select(1, channel).slice(1, dy, 6, 2).slice(2, dx, 10, 2).copy_(x.select(1, source));
                }
            }
        }

        TensorAssert.BitEqual(y, expected, "dealt out");
    }

    [TestCase(4, 8)]
    [TestCase(4, 4)]
    [TestCase(4, 2)]
    public void Downsampling_WithoutConvolution_AveragesPixelsAndChannels(int inputChannels, int outputChannels)
    {
        using var scope = NewDisposeScope();
        using DownsamplingBlock block = new(inputChannels, outputChannels);
        Zero(block);
        Tensor x = TensorArithmetic.Range(0, 2 * inputChannels * 6 * 10, 1, float32, CPU).reshape(2, inputChannels, 6, 10);
        Tensor y = block.call(ChannelsLast.Store(x));
        int group = 4 * inputChannels / outputChannels;
        Tensor expected = zeros(2, outputChannels, 3, 5);
        for (int source = 0; source < 4 * inputChannels; source++)
        {
            int channel = source / 4;
            (int dy, int dx) = (source % 4 / 2, source % 2);
            expected.select(1, source / group).AddInPlace(x.select(1, channel).slice(1, dy, 6, 2).slice(2, dx, 10, 2).Over(group));
        }

        TensorAssert.Close(y, expected, 1e-6, "averages");
    }

    private static void Zero(nn.Module block) =>
        ModuleLoader.Load(block, new MemorySource(block.named_parameters().ToDictionary(entry => entry.name, entry => zeros(entry.parameter.shape))), float32, CPU);
}
