using AceStep.Benchmarks.RealSize;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks;

/// <summary>Random weights in memory, so that a network of the released size can be built without a checkpoint.</summary>
internal sealed class RandomTensors : ITensorSource
{
    private readonly Dictionary<string, IReadOnlyList<long>> _shapes;

    private RandomTensors(IEnumerable<KeyValuePair<string, IReadOnlyList<long>>> shapes) => _shapes = new(shapes);

    public string Origin => "random weights";

    public IReadOnlyCollection<string> Names => _shapes.Keys;

    /// <summary>A tensor for every parameter of a module.</summary>
    public static RandomTensors For(nn.Module module) =>
        new(module.named_parameters().Select(entry => KeyValuePair.Create<string, IReadOnlyList<long>>(entry.name, entry.parameter.shape)));

    /// <summary>The tensors of a part of the released checkpoint.</summary>
    public static RandomTensors For(TensorTable table) =>
        new(table.Tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Shape)));

    public IReadOnlyList<long> Shape(string name) => _shapes[name];

    public ScalarType Type(string name) => ScalarType.Float32;

    public void Read(string name, Tensor destination)
    {
        ScalarType type = destination.dtype == ScalarType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        using Tensor values = empty([.. _shapes[name]], dtype: type);
        RandomWeights.Fill(new SafetensorsEntry(name, type, _shapes[name], Offset: 0, ByteCount: 0, SafetensorsType.NameOf(type)), values.bytes);
        destination.copy_(values);
    }
}
