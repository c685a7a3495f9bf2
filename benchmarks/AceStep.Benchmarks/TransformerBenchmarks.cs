using AceStep.Benchmarks.Original;
using AceStep.Checkpoints;
using AceStep.Models;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace AceStep.Benchmarks;

/// <summary>
/// One transformer block of the released size, with random weights, over 200 encoder tokens: by itself, as the
/// original's sequence of operations, and its matrix products alone. The goal for a block is 1.06 times its products
/// in float32 and 1.08 times in bfloat16.
/// </summary>
public class TransformerBenchmarks
{
    private const int EncoderTokens = 200;

    private static readonly int Heads = ReleasedConfigs.Transformer.AttentionHeads;
    private static readonly int HeadSize = ReleasedConfigs.Transformer.AttentionHeadSize;
    private static readonly int Width = ReleasedConfigs.Transformer.Width;
    private static readonly int FeedForwardWidth = ReleasedConfigs.Transformer.FeedForwardWidth;
    private static readonly double RotaryTheta = ReleasedConfigs.Transformer.RotaryTheta;

    private readonly List<IDisposable> _owned = [];
    private TransformerBlock _block = null!;
    private OriginalBlock _original = null!;
    private Dictionary<string, Tensor> _weights = null!;
    private Tensor _stream = null!;
    private Tensor _modulation = null!;
    private Tensor _temb = null!;
    private Tensor _encoder = null!;
    private Tensor _encoderMask = null!;
    private Tensor _expanded = null!;
    private Tensor _heads = null!;
    private Tensor _keyValues = null!;
    private BlockContext _context;
    private (Tensor Cosine, Tensor Sine) _rotary;
    private (Tensor Cosine, Tensor Sine) _encoderRotary;

    /// <summary>30 seconds of music, and 240.</summary>
    [Params(323, 2584)]
    public int Frames { get; set; }

    [Params(ScalarType.Float32, ScalarType.BFloat16)]
    public ScalarType Precision { get; set; }

    [GlobalSetup]
    public void Build()
    {
        using var noGrad = no_grad();
        _block = Own(new TransformerBlock(Heads, HeadSize, FeedForwardWidth));
        ModuleLoader.Load(_block, RandomTensors.For(_block), Precision, CPU);
        _weights = _block.named_parameters().ToDictionary(entry => entry.name, entry => (Tensor)entry.parameter);
        _original = new OriginalBlock(_weights, Heads, HeadSize);

        _stream = Random(1, Frames, Width);
        _temb = Random(1, 6 * Width);
        _modulation = Own(_temb.to(float32).view(6, 1, 1, Width));
        _encoder = Random(1, EncoderTokens, Width);
        _encoderMask = Own(ones(1, EncoderTokens));
        _expanded = Random(1, Frames, FeedForwardWidth);
        _heads = Own(rand(1, Heads, Frames, HeadSize));
        _keyValues = Own(rand(1, Heads, HeadSize, HeadSize));

        RotaryTable rotary = Own(RotaryTable.Create(Frames, HeadSize, RotaryTheta, Precision, CPU));
        using RotaryTable encoderRotary = RotaryTable.Create(EncoderTokens, HeadSize, RotaryTheta, Precision, CPU);
        (Tensor key, Tensor value) = _block.ProjectEncoder(_encoder, encoderRotary);
        _context = new BlockContext(rotary, Own(key), Own(value), Own(zeros(1, 1, 1, EncoderTokens, dtype: Precision)), null, null);
        _rotary = OwnRotary(Frames);
        _encoderRotary = OwnRotary(EncoderTokens);
    }

    [GlobalCleanup]
    public void Dispose() => _owned.ForEach(item => item.Dispose());

    /// <summary>The products of a block over the same operands, attention's included, and nothing else.</summary>
    [Benchmark(Baseline = true)]
    public void Products()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (string name in (string[])["attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0", "cross_attn.to_q", "cross_attn.to_out.0"])
        {
            linear(_stream, _weights[$"{name}.weight"], _weights[$"{name}.bias"]).Dispose();
        }

        linear(_stream, _weights["ff.inverted_conv.conv.weight"].squeeze(-1), _weights["ff.inverted_conv.conv.bias"]).Dispose();
        linear(_expanded, _weights["ff.point_conv.conv.weight"].squeeze(-1)).Dispose();

        matmul(_heads.transpose(-2, -1), _heads).Dispose();
        matmul(_heads, _keyValues).Dispose();
        Tensor query = _stream.view(1, Frames, Heads, HeadSize).transpose(1, 2);
        Tensor scores = matmul(query, _context.Key.transpose(-2, -1));
        matmul(scores, _context.Value).Dispose();
    }

    [Benchmark]
    public void Block()
    {
        using var noGrad = no_grad();
        _block.call(_stream, _modulation, _context).Dispose();
    }

    [Benchmark]
    public void OriginalSequence()
    {
        using var noGrad = no_grad();
        _original.Run(_stream, _temb, _encoder, _encoderMask, _rotary, _encoderRotary).Dispose();
    }

    private (Tensor Cosine, Tensor Sine) OwnRotary(int length)
    {
        (Tensor cosine, Tensor sine) = OriginalTransformer.Rotary(length, HeadSize, RotaryTheta, Precision, CPU);
        return (Own(cosine), Own(sine));
    }

    private Tensor Random(params long[] shape) => Own(rand(shape).Plus(-0.5).to(Precision));

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item is Tensor tensor ? tensor.DetachFromDisposeScope() : item);
        return item;
    }
}
