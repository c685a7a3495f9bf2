using TorchSharp;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>One block of UMT5: attention, then feed-forward, each over the normalized and added to the unnormalized states.</summary>
internal sealed class Umt5Block : torch.nn.Module
{
    [ComponentName(Name = "layer")]
    private readonly Layers _layers;

    public Umt5Block(Umt5Config config)
        : base(nameof(Umt5Block))
    {
        _layers = new Layers(config);
        RegisterComponents();
    }

    /// <summary>Runs the block.</summary>
    /// <param name="hiddenStates">[B, S, D].</param>
    /// <param name="pass">What all blocks share in one pass.</param>
    /// <param name="queryScale">What the queries are multiplied by, where they are.</param>
    /// <returns>[B, S, D].</returns>
    public torch.Tensor Run(torch.Tensor hiddenStates, Umt5Pass pass, double? queryScale)
    {
        using torch.Tensor attended = _layers.Attention.Run(hiddenStates, pass, queryScale);
        return _layers.FeedForward.call(attended);
    }

    /// <summary>The attention alone, for tests that compare stage by stage.</summary>
    internal torch.Tensor RunAttention(torch.Tensor hiddenStates, Umt5Pass pass) => _layers.Attention.Run(hiddenStates, pass, null);

    /// <summary>The two halves under the numbers that the checkpoint gives them.</summary>
    private sealed class Layers : torch.nn.Module
    {
        [ComponentName(Name = "0")]
        private readonly Umt5AttentionLayer _attention;

        [ComponentName(Name = "1")]
        private readonly Umt5FeedForwardLayer _feedForward;

        public Layers(Umt5Config config)
            : base(nameof(Layers))
        {
            _attention = new Umt5AttentionLayer(config);
            _feedForward = new Umt5FeedForwardLayer(config);
            RegisterComponents();
        }

        public Umt5AttentionLayer Attention => _attention;

        public Umt5FeedForwardLayer FeedForward => _feedForward;
    }
}
