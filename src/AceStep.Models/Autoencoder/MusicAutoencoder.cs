using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The latent codec (AutoencoderDC): encoder and decoder under their checkpoint's names.</summary>
internal sealed class MusicAutoencoder : nn.Module
{
    [ComponentName(Name = "encoder")]
    private readonly AutoencoderEncoder _encoder;

    [ComponentName(Name = "decoder")]
    private readonly AutoencoderDecoder _decoder;

    /// <summary>Builds both on the META device.</summary>
    public MusicAutoencoder(AutoencoderConfig config)
        : base(nameof(MusicAutoencoder))
    {
        _encoder = new AutoencoderEncoder(config);
        _decoder = new AutoencoderDecoder(config);
        RegisterComponents();
    }

    /// <summary>Normalised mel spectra to latents.</summary>
    public AutoencoderEncoder Encoder => _encoder;

    /// <summary>Latents to normalised mel spectra.</summary>
    public AutoencoderDecoder Decoder => _decoder;
}

/// <summary>The stages of one side: those of convolutions from the widest resolution on, then, at the deepest, that of attention.</summary>
internal sealed class AutoencoderStages
{
    /// <summary>Builds them on the META device.</summary>
    /// <param name="stages">Their sizes, the widest first.</param>
    /// <param name="headWidth">Channels of an attention head.</param>
    /// <param name="buildStage">The blocks of a stage of convolutions, from its sizes and those of the next one, in the order in which they run.</param>
    public AutoencoderStages(
        IReadOnlyList<AutoencoderStage> stages, int headWidth, Func<AutoencoderStage, AutoencoderStage, nn.Module<Tensor, Tensor>[]> buildStage)
    {
        AutoencoderStage deepest = stages[^1];
        Convolutional = [.. stages.Zip(stages.Skip(1), buildStage)];
        Attention = [.. Enumerable.Range(0, deepest.Layers).Select(_ => new EfficientViTBlock(deepest.Channels, headWidth, deepest.AttentionKernels))];
        Modules = new ModuleList<nn.Module>(
        [
            .. Convolutional.Select(blocks => new ModuleList<nn.Module<Tensor, Tensor>>(blocks)),
            new ModuleList<EfficientViTBlock>(Attention),
        ]);
    }

    /// <summary>All of them as the checkpoint numbers them.</summary>
    public ModuleList<nn.Module> Modules { get; }

    /// <summary>The blocks of each stage of convolutions.</summary>
    public nn.Module<Tensor, Tensor>[][] Convolutional { get; }

    /// <summary>The blocks of the deepest stage.</summary>
    public EfficientViTBlock[] Attention { get; }

    /// <summary>Takes a tensor through blocks of convolutions; each one's input is disposed.</summary>
    public static Tensor Forward(nn.Module<Tensor, Tensor>[] blocks, Tensor x, WorkSteps steps)
    {
        foreach (nn.Module<Tensor, Tensor> block in blocks)
        {
            Tensor next = block.call(x);
            x.Dispose();
            x = next;
            steps.Done();
        }

        return x;
    }
}

/// <summary>
/// Normalised mel spectra to latents, in three parts: <see cref="ForwardEntry"/>, the <see cref="AttentionBlocks"/> and
/// <see cref="ForwardExit"/>. Apart from the attention each part looks only at neighbouring frames.
/// </summary>
internal sealed class AutoencoderEncoder : nn.Module
{
    /// <summary>How many latent frames to each side <see cref="ForwardExit"/> looks.</summary>
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
        AutoencoderStages stages = new(config.EncoderStages, config.AttentionHeadDim, BuildStage);
        _entrance = nn.Conv2d(config.InChannels, config.EncoderStages[0].Channels, 3, padding: 1, device: META);
        _stages = stages.Modules;
        _exit = nn.Conv2d(config.EncoderStages[^1].Channels, config.LatentChannels, 3, padding: 1, device: META);
        _descent = [.. stages.Convolutional.SelectMany(blocks => blocks)];
        AttentionBlocks = stages.Attention;
        EntryReach = LatentFramesSeenByEntrance(config);
        RegisterComponents();
    }

    /// <summary>How many latent frames to each side <see cref="ForwardEntry"/> looks.</summary>
    public int EntryReach { get; }

    /// <summary>The steps that <see cref="ForwardEntry"/> counts.</summary>
    public int EntrySteps => _descent.Length;

    /// <summary>The blocks between the two other parts; each keeps the shape.</summary>
    public IReadOnlyList<EfficientViTBlock> AttentionBlocks { get; }

    /// <summary>[B, audio channels, bins, 8 F] to [B, C, bins / 8, F], with 8 as the release has it.</summary>
    public Tensor ForwardEntry(Tensor mel, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _entrance.call(ChannelsLast.Store(mel));
        return AutoencoderStages.Forward(_descent, hidden, steps).MoveToOuterDisposeScope();
    }

    /// <summary>[B, C, H, F] to [B, latent channels, H, F]: a convolution, plus averages of runs of channels.</summary>
    public Tensor ForwardExit(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor shortcut = hidden.unflatten(1, _exit.out_channels, -1).mean([2]);
        return _exit.call(hidden).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }

    private static nn.Module<Tensor, Tensor>[] BuildStage(AutoencoderStage stage, AutoencoderStage next) =>
    [
        .. Enumerable.Range(0, stage.Layers).Select(_ => new AutoencoderResidualBlock(stage.Channels)),
        new DownsamplingBlock(stage.Channels, next.Channels),
    ];

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

/// <summary>
/// Latents to normalised mel spectra, in three parts: <see cref="ForwardEntry"/>, the <see cref="AttentionBlocks"/> and
/// <see cref="ForwardExit"/>. Apart from the attention each part looks only at neighbouring frames.
/// </summary>
internal sealed class AutoencoderDecoder : nn.Module
{
    /// <summary>How many latent frames to each side <see cref="ForwardEntry"/> looks.</summary>
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
        AutoencoderStages stages = new(config.DecoderStages, config.AttentionHeadDim, BuildStage);
        _entrance = nn.Conv2d(config.LatentChannels, config.DecoderStages[^1].Channels, 3, padding: 1, device: META);
        _stages = stages.Modules;
        _norm = new ChannelRmsNorm(config.DecoderStages[0].Channels);
        _exit = nn.Conv2d(config.DecoderStages[0].Channels, config.InChannels, 3, padding: 1, device: META);
        _ascent = [.. stages.Convolutional.Reverse().SelectMany(blocks => blocks)];
        AttentionBlocks = stages.Attention;
        ExitReach = LatentFramesSeenByExit(config);
        RegisterComponents();
    }

    /// <summary>How many latent frames to each side <see cref="ForwardExit"/> looks.</summary>
    public int ExitReach { get; }

    /// <summary>The steps that <see cref="ForwardExit"/> counts.</summary>
    public int ExitSteps => _ascent.Length;

    /// <summary>The blocks between the two other parts; each keeps the shape.</summary>
    public IReadOnlyList<EfficientViTBlock> AttentionBlocks { get; }

    /// <summary>[B, latent channels, H, F] to [B, C, H, F]: a convolution, plus each channel repeated.</summary>
    public Tensor ForwardEntry(Tensor latents)
    {
        using var scope = NewDisposeScope();
        Tensor stored = ChannelsLast.Store(latents);
        Tensor shortcut = stored.repeat_interleave(_entrance.out_channels / _entrance.in_channels, 1);
        return _entrance.call(stored).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }

    /// <summary>[B, C, H, F] to [B, audio channels, 8 H, 8 F], with 8 as the release has it.</summary>
    public Tensor ForwardExit(Tensor hidden, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = AutoencoderStages.Forward(_ascent, hidden.alias(), steps);
        return _exit.call(_norm.call(x).relu_()).MoveToOuterDisposeScope();
    }

    private static nn.Module<Tensor, Tensor>[] BuildStage(AutoencoderStage stage, AutoencoderStage next) =>
    [
        new UpsamplingBlock(next.Channels, stage.Channels),
        .. Enumerable.Range(0, stage.Layers).Select(_ => new AutoencoderResidualBlock(stage.Channels)),
    ];

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
