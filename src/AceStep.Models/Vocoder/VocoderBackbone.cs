using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The vocoder's first half (ConvNeXt): log-mel frames to hidden frames at the same rate.</summary>
internal sealed class VocoderBackbone : nn.Module<Tensor, Tensor>
{
    /// <summary>What all norms of the backbone add to the variance.</summary>
    public const double NormEpsilon = 1e-6;

    [ComponentName(Name = "channel_layers")]
    private readonly ModuleList<nn.Module<Tensor, Tensor>> _entrances;

    [ComponentName(Name = "stages")]
    private readonly ModuleList<ModuleList<ConvNextBlock>> _stages;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    /// <summary>Builds the backbone on the META device.</summary>
    public VocoderBackbone(VocoderConfig config)
        : base(nameof(VocoderBackbone))
    {
        IReadOnlyList<VocoderBackboneStage> stages = config.BackboneStages;
        _entrances = new ModuleList<nn.Module<Tensor, Tensor>>(
        [
            new ConvNextStem(config.MelBins, stages[0].Channels),
            .. stages.Zip(stages.Skip(1), (stage, next) => new ConvNextTransition(stage.Channels, next.Channels)),
        ]);
        _stages = new ModuleList<ModuleList<ConvNextBlock>>(
        [
            .. stages.Select(stage => new ModuleList<ConvNextBlock>(
                [.. Enumerable.Range(0, stage.Layers).Select(_ => new ConvNextBlock(stage.Channels, config.BackboneKernel))])),
        ]);
        _norm = nn.LayerNorm(stages[^1].Channels, NormEpsilon, device: META);
        Reach = ConvNextStem.Reach + (stages.Sum(stage => stage.Layers) * (config.BackboneKernel / 2));
        RegisterComponents();
    }

    /// <summary>How many frames to each side the backbone looks.</summary>
    public int Reach { get; }

    /// <summary>[B, bins, T] to [B, C, T].</summary>
    public override Tensor forward(Tensor mel)
    {
        using var scope = NewDisposeScope();
        Tensor x = mel.transpose(1, 2); // [B, T, bins]
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            x = Replace(x, _entrances[stage]);
            foreach (ConvNextBlock block in _stages[stage])
            {
                x = Replace(x, block);
            }
        }

        return _norm.call(x).transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Replace(Tensor x, nn.Module<Tensor, Tensor> block)
    {
        Tensor next = block.call(x);
        x.Dispose();
        return next;
    }
}
