using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Tensors of a test's own by name; they stay the test's.</summary>
internal sealed class MemorySource(IReadOnlyDictionary<string, Tensor> tensors) : ITensorSource
{
    public string Origin => "memory";

    public IReadOnlyCollection<string> Names => [.. tensors.Keys];

    public IReadOnlyList<long> Shape(string name) => tensors[name].shape;

    public ScalarType Type(string name) => tensors[name].dtype;

    public void Read(string name, Tensor destination) => destination.copy_(tensors[name]);
}

/// <summary>A source that remembers what was read from it.</summary>
internal sealed class RecordingSource(ITensorSource source) : ITensorSource
{
    public List<string> Read { get; } = [];

    public Action? AfterRead { get; init; }

    public string Origin => source.Origin;

    public IReadOnlyCollection<string> Names => source.Names;

    public IReadOnlyList<long> Shape(string name) => source.Shape(name);

    public ScalarType Type(string name) => source.Type(name);

    void ITensorSource.Read(string name, Tensor destination)
    {
        source.Read(name, destination);
        Read.Add(name);
        AfterRead?.Invoke();
    }
}
