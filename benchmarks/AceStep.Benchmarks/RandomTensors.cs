using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks;

/// <summary>Small random weights for every parameter of a module, so that one block can be built without a checkpoint.</summary>
internal sealed class RandomTensors(nn.Module module) : ITensorSource
{
    private readonly Dictionary<string, long[]> _shapes = module.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.shape);

    public string Origin => "random weights";

    public IReadOnlyCollection<string> Names => _shapes.Keys;

    public IReadOnlyList<long> Shape(string name) => _shapes[name];

    public ScalarType Type(string name) => ScalarType.Float32;

    /// <summary>One random row for all rows: a draw for each of 2.6 billion weights would take longer than any benchmark.</summary>
    public void Read(string name, Tensor destination)
    {
        using Tensor row = randn(destination.size(-1));
        destination.copy_(row.mul_(0.02));
    }
}
