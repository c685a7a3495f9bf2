using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>The part of a UMT5 that the checkpoint names <c>encoder</c>: the blocks and the norm behind them.</summary>
internal sealed class Umt5Stack : torch.nn.Module
{
    [ComponentName(Name = "block")]
    private readonly ModuleList<Umt5Block> _blocks;

    [ComponentName(Name = "final_layer_norm")]
    private readonly Umt5Norm _finalNorm;

    public Umt5Stack(Umt5Config config)
        : base(nameof(Umt5Stack))
    {
        _blocks = new ModuleList<Umt5Block>([.. Enumerable.Range(0, config.LayerCount).Select(_ => new Umt5Block(config))]);
        _finalNorm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        RegisterComponents();
    }

    public ModuleList<Umt5Block> Blocks => _blocks;

    public Umt5Norm FinalNorm => _finalNorm;
}
