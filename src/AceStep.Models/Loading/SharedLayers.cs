using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A table of vectors looked up by id. TorchSharp's own would fill itself with random numbers first.</summary>
internal sealed class TokenEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    /// <summary>Builds the table on the META device.</summary>
    public TokenEmbedding(long vocabularySize, long width)
        : base(nameof(TokenEmbedding))
    {
        _weight = new Parameter(empty([vocabularySize, width], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>Ids of any shape (int64) to vectors: one more axis at the end.</summary>
    public override Tensor forward(Tensor ids)
    {
        using Tensor flat = ids.reshape(-1);
        using Tensor rows = _weight.index_select(0, flat);
        return rows.view([.. ids.shape, _weight.size(1)]);
    }
}

/// <summary>
/// A linear map of the channels of each pixel, or of each sample. It is stored as a matrix and runs as a convolution of size 1,
/// which takes pictures and signals as they are in memory and is the fastest product that libtorch has on every CPU.
/// </summary>
internal sealed class PointwiseLinear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private Parameter? _bias;

    /// <summary>Builds the map on the META device.</summary>
    public PointwiseLinear(long inputChannels, long outputChannels, bool hasBias = false)
        : base(nameof(PointwiseLinear))
    {
        _weight = new Parameter(empty([outputChannels, inputChannels], device: META), requires_grad: false);
        _bias = hasBias ? new Parameter(empty([outputChannels], device: META), requires_grad: false) : null;
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, Cout, H, W], or [B, Cin, T] to [B, Cout, T].</summary>
    public override Tensor forward(Tensor x)
    {
        bool isPicture = x.dim() == 4;
        using Tensor kernel = isPicture ? _weight.view(_weight.size(0), _weight.size(1), 1, 1) : _weight.view(_weight.size(0), _weight.size(1), 1);
        return isPicture ? nn.functional.conv2d(x, kernel, _bias) : nn.functional.conv1d(x, kernel, _bias);
    }
}

/// <summary>Decides the memory layout of the codec's pictures and signals.</summary>
internal static class ChannelsLast
{
    /// <summary>
    /// The same values with the channels of each pixel, or of each sample, side by side. Convolutions take over the layout of
    /// their input, so one call at the entrance decides for a whole network. On a CPU it makes wide convolutions up to 1.3 times
    /// as fast, those of few channels several times, and norms over the channels read memory in order.
    /// </summary>
    /// <param name="x">[B, C, ...]; the shape stays.</param>
    public static Tensor Store(Tensor x)
    {
        using Tensor channelsLast = x.movedim([1], [-1]);
        using Tensor stored = channelsLast.contiguous();
        return stored.movedim([-1], [1]);
    }
}
