using AceStep.Benchmarks.RealSize;
using AceStep.Checkpoints;
using AceStep.Models;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks;

/// <summary>30 seconds of music between latents and sound, with a codec of the released size and random weights.</summary>
public class CodecBenchmarks
{
    private const int Frames = 323;

    private MusicCodec _codec = null!;
    private Tensor _latents = null!;
    private Tensor _audio = null!;

    [Params(ScalarType.Float32, ScalarType.BFloat16)]
    public ScalarType Precision { get; set; }

    [GlobalSetup]
    public void Build()
    {
        using var noGrad = no_grad();
        _codec = MusicCodec.Load(
            ReleasedConfigs.Autoencoder,
            RandomTensors.For(TensorTable.OfPart(CheckpointLayout.AutoencoderFolder)),
            ReleasedConfigs.Vocoder,
            RandomTensors.For(TensorTable.OfPart(CheckpointLayout.VocoderFolder)),
            Precision,
            CPU);
        _latents = randn(1, _codec.LatentChannels, _codec.LatentHeight, Frames);
        _audio = rand(1, _codec.AudioChannels, Frames * _codec.SamplesPerFrame).Plus(-0.5);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _audio.Dispose();
        _latents.Dispose();
        _codec.Dispose();
    }

    /// <summary>Autoencoder and vocoder, all at once.</summary>
    [Benchmark]
    public void DecodeWhole() => Decode(DecodeMode.Whole);

    [Benchmark]
    public void DecodeInWindows() => Decode(DecodeMode.Windowed);

    [Benchmark]
    public void Encode()
    {
        using var noGrad = no_grad();
        _codec.Encode(_audio).Dispose();
    }

    private void Decode(DecodeMode mode)
    {
        using var noGrad = no_grad();
        _codec.Decode(_latents, mode).Dispose();
    }
}
