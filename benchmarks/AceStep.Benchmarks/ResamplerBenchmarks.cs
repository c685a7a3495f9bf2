using AceStep.Audio;
using BenchmarkDotNet.Attributes;

namespace AceStep.Benchmarks;

/// <summary>
/// Ten seconds of stereo on one core. The goal is 200 times real time from 44.1 to 48 kHz: 50 ms.
/// </summary>
[MemoryDiagnoser]
public class ResamplerBenchmarks
{
    private const int Seconds = 10;
    private const int BlockLength = 4096;

    private AudioBuffer _audio = null!;
    private AudioBuffer[] _blocks = null!;

    /// <summary>The sound's rate and the new one, in Hz.</summary>
    [Params("44100 to 48000", "48000 to 44100", "22050 to 44100", "96000 to 44100", "44100 to 44101")]
    public string Rates { get; set; } = "";

    private int TargetRate => int.Parse(Rates.Split(" to ")[1], System.Globalization.CultureInfo.InvariantCulture);

    [GlobalSetup]
    public void MakeSound()
    {
        int rate = int.Parse(Rates.Split(" to ")[0], System.Globalization.CultureInfo.InvariantCulture);
        var random = new Random(1);
        float[] samples = [.. Enumerable.Range(0, 2 * Seconds * rate).Select(_ => random.NextSingle() - 0.5f)];
        _audio = AudioBuffer.FromPlanar(samples, 2, rate);
        _blocks = [.. Enumerable.Range(0, _audio.Length / BlockLength).Select(i => _audio.Slice(i * BlockLength, BlockLength))];
    }

    [Benchmark(Baseline = true)]
    public AudioBuffer Whole() => Resampler.Resample(_audio, TargetRate);

    [Benchmark]
    public long InBlocks()
    {
        var resampler = new StreamingResampler(_audio.SampleRate, TargetRate, 2);
        long length = 0;
        foreach (AudioBuffer block in _blocks)
        {
            length += resampler.Push(block).Length;
        }

        return length + resampler.Finish().Length;
    }
}
