using AceStep.Checkpoints;
using AceStep.Models;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks;

/// <summary>
/// One pass through a transformer of the released size with random weights, over 200 encoder tokens, for one row and for
/// the two of a guided step; and what a generation computes once. Needs 5.2 GB in bfloat16 and 10.4 GB in float32.
/// </summary>
public class TransformerPassBenchmarks
{
    private const int EncoderTokens = 200;

    private AceStepTransformer _transformer = null!;
    private Tensor _latents = null!;
    private Tensor _encoder = null!;
    private Tensor _encoderMask = null!;
    private Tensor _timesteps = null!;
    private DecodeContext _context = null!;

    /// <summary>30 seconds of music, and 240.</summary>
    [Params(323, 2584)]
    public int Frames { get; set; }

    [Params(ScalarType.Float32, ScalarType.BFloat16)]
    public ScalarType Precision { get; set; }

    [Params(1, 2)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Build()
    {
        using var noGrad = no_grad();
        TransformerConfig config = ReleasedConfigs.Transformer;
        using (var shapes = new AceStepTransformer(config))
        {
            _transformer = AceStepTransformer.Load(config, RandomTensors.For(shapes), Precision, CPU);
        }

        _latents = randn(Rows, config.InChannels, config.PatchHeight, Frames);
        _encoder = randn(Rows, EncoderTokens, config.Width);
        _encoderMask = ones(Rows, EncoderTokens);
        _timesteps = ones(27).Times(500);
        _context = _transformer.Prepare(_encoder, _encoderMask, Frames, _timesteps);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (IDisposable item in (IDisposable[])[_context, _timesteps, _encoderMask, _encoder, _latents, _transformer])
        {
            item.Dispose();
        }
    }

    [Benchmark]
    public void Decode()
    {
        using var noGrad = no_grad();
        _transformer.Decode(_latents, 0, _context).Dispose();
    }

    [Benchmark]
    public void Prepare()
    {
        using var noGrad = no_grad();
        _transformer.Prepare(_encoder, _encoderMask, Frames, _timesteps).Dispose();
    }
}
