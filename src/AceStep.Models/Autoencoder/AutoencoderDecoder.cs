using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Latents to normalised mel spectra, in three parts: <see cref="Enter"/>, the <see cref="AttentionBlocks"/> and
/// <see cref="Leave"/>. Apart from the attention each part looks only at neighbouring frames.
/// </summary>
internal sealed class AutoencoderDecoder : nn.Module
{
    /// <summary>How many latent frames to each side <see cref="Enter"/> looks.</summary>
    public const int EntryReach = 1;

    [ComponentName(Name = "conv_in")]
    private readonly Conv2d _entrance;

    // Stored from the widest resolution to the deepest and run the other way.
    [ComponentName(Name = "up_blocks")]
    private readonly ModuleList<nn.Module> _stages;

    [ComponentName(Name = "norm_out")]
    private readonly ChannelRmsNorm _norm;

    [ComponentName(Name = "conv_out")]
    private readonly Conv2d _exit;

    private readonly nn.Module<Tensor, Tensor>[] _ascent;

    /// <summary>Builds the decoder on the META device.</summary>
    public AutoencoderDecoder(AutoencoderConfig config)
        : base(nameof(AutoencoderDecoder))
    {
        IReadOnlyList<AutoencoderStage> stages = config.DecoderStages;
        ModuleList<nn.Module<Tensor, Tensor>>[] convolutional = [.. stages.Zip(stages.Skip(1), BuildStage)];
        AutoencoderStage deepest = stages[^1];
        ModuleList<EfficientViTBlock> attention = new(
            [.. Enumerable.Range(0, deepest.Layers).Select(_ => new EfficientViTBlock(deepest.Channels, config.AttentionHeadDim, deepest.AttentionKernels))]);

        _ascent = [.. convolutional.Reverse().SelectMany(stage => stage)];
        AttentionBlocks = [.. attention];
        ExitReach = LatentFramesSeenByExit(config);
        _entrance = nn.Conv2d(config.LatentChannels, deepest.Channels, 3, padding: 1, device: META);
        _stages = new ModuleList<nn.Module>([.. convolutional, attention]);
        _norm = new ChannelRmsNorm(stages[0].Channels);
        _exit = nn.Conv2d(stages[0].Channels, config.InChannels, 3, padding: 1, device: META);
        RegisterComponents();
    }

    /// <summary>How many latent frames to each side <see cref="Leave"/> looks.</summary>
    public int ExitReach { get; }

    /// <summary>The steps that <see cref="Leave"/> counts.</summary>
    public int ExitSteps => _ascent.Length;

    /// <summary>The blocks between the two other parts; each keeps the shape.</summary>
    public IReadOnlyList<EfficientViTBlock> AttentionBlocks { get; }

    /// <summary>[B, latent channels, H, F] to [B, C, H, F]: a convolution, plus each channel repeated.</summary>
    public Tensor Enter(Tensor latents)
    {
        using var scope = NewDisposeScope();
        Tensor stored = ChannelsLast.Store(latents);
        Tensor shortcut = stored.repeat_interleave(_entrance.out_channels / _entrance.in_channels, 1);
        return _entrance.call(stored).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }

    /// <summary>[B, C, H, F] to [B, audio channels, 8 H, 8 F], with 8 as the release has it.</summary>
    public Tensor Leave(Tensor hidden, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = hidden.alias();
        foreach (nn.Module<Tensor, Tensor> block in _ascent)
        {
            Tensor next = block.call(x);
            x.Dispose();
            x = next;
            steps.Done();
        }

        return _exit.call(_norm.call(x).relu_()).MoveToOuterDisposeScope();
    }

    private static ModuleList<nn.Module<Tensor, Tensor>> BuildStage(AutoencoderStage stage, AutoencoderStage next) =>
        new(
        [
            new UpsamplingBlock(next.Channels, stage.Channels),
            .. Enumerable.Range(0, stage.Layers).Select(_ => new AutoencoderResidualBlock(stage.Channels)),
        ]);

    private static int LatentFramesSeenByExit(AutoencoderConfig config)
    {
        int reach = 1; // the last convolution, in mel frames
        foreach (AutoencoderStage stage in config.DecoderStages.SkipLast(1))
        {
            reach += (stage.Layers * AutoencoderResidualBlock.Reach) + 1; // and the doubling's own convolution
            reach = (reach + 1) / 2;
        }

        return reach;
    }
}
