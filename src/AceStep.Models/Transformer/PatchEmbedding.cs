using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Latents to tokens: each frame's column of latents becomes one token, by a convolution, a group norm and a convolution.</summary>
internal sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    /// <summary>How many features the first convolution makes of each latent channel.</summary>
    private const int FeaturesPerChannel = 256;

    private const int GroupCount = 32;

    private const double GroupNormEpsilon = 1e-6;

    [ComponentName(Name = "early_conv_layers")]
    private readonly Sequential _layers;

    public PatchEmbedding(int channels, int height, int width)
        : base(nameof(PatchEmbedding))
    {
        int features = channels * FeaturesPerChannel;
        _layers = nn.Sequential(
            ("0", nn.Conv2d(channels, features, kernel_size: (height, 1), stride: (height, 1), device: META)),
            ("1", nn.GroupNorm(GroupCount, features, GroupNormEpsilon, device: META)),
            ("2", nn.Conv2d(features, width, kernel_size: 1, device: META)));
        RegisterComponents();
    }

    /// <summary>[B, C, height, F] to [B, F, width]. The group norm's statistics run over all frames.</summary>
    public override Tensor forward(Tensor latents)
    {
        using var scope = NewDisposeScope();
        Tensor features = _layers.call(latents); // [B, D, 1, F]
        return features.flatten(start_dim: 2).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }
}
