using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Normalised mel spectra to latents, in three parts: <see cref="Enter"/>, the <see cref="AttentionBlocks"/> and
/// <see cref="Leave"/>. Apart from the attention each part looks only at neighbouring frames.
/// </summary>
internal sealed class AutoencoderEncoder : nn.Module
{
    /// <summary>How many latent frames to each side <see cref="Leave"/> looks.</summary>
    public const int ExitReach = 1;

    [ComponentName(Name = "conv_in")]
    private readonly Conv2d _entrance;

    [ComponentName(Name = "down_blocks")]
    private readonly ModuleList<nn.Module> _stages;

    [ComponentName(Name = "conv_out")]
    private readonly Conv2d _exit;

    private readonly nn.Module<Tensor, Tensor>[] _descent;

    /// <summary>Builds the encoder on the META device.</summary>
    public AutoencoderEncoder(AutoencoderConfig config)
        : base(nameof(AutoencoderEncoder))
    {
        IReadOnlyList<AutoencoderStage> stages = config.EncoderStages;
        ModuleList<nn.Module<Tensor, Tensor>>[] convolutional = [.. stages.Zip(stages.Skip(1), BuildStage)];
        AutoencoderStage deepest = stages[^1];
        ModuleList<EfficientViTBlock> attention = new(
            [.. Enumerable.Range(0, deepest.Layers).Select(_ => new EfficientViTBlock(deepest.Channels, config.AttentionHeadDim, deepest.AttentionKernels))]);

        _descent = [.. convolutional.SelectMany(stage => stage)];
        AttentionBlocks = [.. attention];
        EntryReach = LatentFramesSeenByEntrance(config);
        _entrance = nn.Conv2d(config.InChannels, stages[0].Channels, 3, padding: 1, device: META);
        _stages = new ModuleList<nn.Module>([.. convolutional, attention]);
        _exit = nn.Conv2d(deepest.Channels, config.LatentChannels, 3, padding: 1, device: META);
        RegisterComponents();
    }

    /// <summary>How many latent frames to each side <see cref="Enter"/> looks.</summary>
    public int EntryReach { get; }

    /// <summary>The steps that <see cref="Enter"/> counts.</summary>
    public int EntrySteps => _descent.Length;

    /// <summary>The blocks between the two other parts; each keeps the shape.</summary>
    public IReadOnlyList<EfficientViTBlock> AttentionBlocks { get; }

    /// <summary>[B, audio channels, bins, 8 F] to [B, C, bins / 8, F], with 8 as the release has it.</summary>
    public Tensor Enter(Tensor mel, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _entrance.call(ChannelsLast.Store(mel));
        foreach (nn.Module<Tensor, Tensor> block in _descent)
        {
            Tensor next = block.call(hidden);
            hidden.Dispose();
            hidden = next;
            steps.Done();
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>[B, C, H, F] to [B, latent channels, H, F]: a convolution, plus averages of runs of channels.</summary>
    public Tensor Leave(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor shortcut = hidden.unflatten(1, _exit.out_channels, -1).mean([2]);
        return _exit.call(hidden).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }

    private static ModuleList<nn.Module<Tensor, Tensor>> BuildStage(AutoencoderStage stage, AutoencoderStage next) =>
        new(
        [
            .. Enumerable.Range(0, stage.Layers).Select(_ => new AutoencoderResidualBlock(stage.Channels)),
            new DownsamplingBlock(stage.Channels, next.Channels),
        ]);

    private static int LatentFramesSeenByEntrance(AutoencoderConfig config)
    {
        int reach = 0;
        foreach (AutoencoderStage stage in config.EncoderStages.SkipLast(1).Reverse())
        {
            // Halving is a 3-wide convolution of stride 2: its result r frames away starts from frame 2 r + 1.
            reach = (2 * reach) + 1 + (stage.Layers * AutoencoderResidualBlock.Reach);
        }

        int withEntrance = reach + 1;
        return (withEntrance + config.Downsampling - 1) / config.Downsampling;
    }
}
