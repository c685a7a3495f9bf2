using AceStep.Checkpoints;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace AceStep.Benchmarks;

/// <summary>The projections to queries, keys and values as three products, as the checkpoint has them, and as one with its weights side by side.</summary>
public class ProjectionBenchmarks
{
    private static readonly int Width = ReleasedConfigs.Transformer.Width;

    private Tensor[] _weights = null!;
    private Tensor _together = null!;
    private Tensor _stream = null!;

    /// <summary>30 seconds of music, and 240.</summary>
    [Params(323, 2584)]
    public int Frames { get; set; }

    [Params(ScalarType.Float32, ScalarType.BFloat16)]
    public ScalarType Precision { get; set; }

    [GlobalSetup]
    public void Build()
    {
        _weights = [.. Enumerable.Range(0, 3).Select(_ => rand(Width, Width).Plus(-0.5).to(Precision))];
        _together = cat(_weights);
        _stream = rand(1, Frames, Width).Plus(-0.5).to(Precision);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[.. _weights, _together, _stream])
        {
            tensor.Dispose();
        }
    }

    [Benchmark(Baseline = true)]
    public void Three()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (Tensor weight in _weights)
        {
            linear(_stream, weight);
        }
    }

    /// <summary>The parts of its result lie between each other: whatever reads them one by one pays for that besides.</summary>
    [Benchmark]
    public void One()
    {
        using var noGrad = no_grad();
        linear(_stream, _together).Dispose();
    }
}
