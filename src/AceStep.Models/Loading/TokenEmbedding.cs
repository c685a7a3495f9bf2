using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>A table of vectors looked up by id. TorchSharp's own would fill itself with random numbers first.</summary>
internal sealed class TokenEmbedding : torch.nn.Module<torch.Tensor, torch.Tensor>, IHasParameters
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    /// <summary>Builds the table on the META device.</summary>
    public TokenEmbedding(long vocabularySize, long width)
        : base(nameof(TokenEmbedding))
    {
        _weight = new Parameter(torch.empty([vocabularySize, width], device: torch.META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>Ids of any shape (int64) to vectors: one more axis at the end.</summary>
    public override torch.Tensor forward(torch.Tensor ids)
    {
        using torch.Tensor flat = ids.reshape(-1);
        using torch.Tensor rows = _weight.index_select(0, flat);
        return rows.view([.. ids.shape, _weight.size(1)]);
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _weight.Dispose();
        _weight = value;
        ConditionallyRegisterParameter(name, value);
    }
}
