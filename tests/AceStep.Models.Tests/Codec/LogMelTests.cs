using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

public sealed class LogMelTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Compute_ReferenceWaveform_GivesRecordedSpectra()
    {
        using var scope = NewDisposeScope();
        using LogMelSpectrogram spectrogram = Load(CodecFixture.Tiny);
        using SafetensorsFile reference = CodecFixture.OpenReference("log_mel");
        Tensor waveform = reference.Read("waveform");
        CodecFixture.AssertMatches(spectrogram.Compute(waveform), reference, "log_mel", TensorAssert.ModuleTolerance);

        Tensor magnitudes = spectrogram.Magnitudes(spectrogram.Pad(waveform), 0, waveform.size(1) / spectrogram.HopLength);
        long stride = (magnitudes.size(1) + reference.Entries["log_linear"].Shape[1] - 1) / reference.Entries["log_linear"].Shape[1];
        Tensor logarithms = magnitudes.slice(1, 0, magnitudes.size(1), stride).AtLeast(1e-5).log();
        
        // The recorded values themselves are 1.8e-5 away from those that float64 gives: logarithms of what float32 leaves of silence.
        CodecFixture.AssertMatches(logarithms, reference, "log_linear", 3e-5);
    }

    [Test]
    public void Frames_AnyRange_AreThoseOfTheWhole()
    {
        using var scope = NewDisposeScope();
        using LogMelSpectrogram spectrogram = Load(CodecFixture.Nano);
        using Generator generator = new(2);
        Tensor waveform = randn([2, 20 * spectrogram.HopLength], generator: generator);
        Tensor whole = spectrogram.Compute(waveform);
        Tensor padded = spectrogram.Pad(waveform);
        foreach ((long first, long count) in new[] { (0L, 1L), (0L, 20L), (7L, 5L), (19L, 1L) })
        {
            TensorAssert.Close(spectrogram.Frames(padded, first, count), whole.narrow(2, first, count), 1e-6, $"{count} frames from {first}");
        }
    }

    [Test]
    public void Compute_Silence_GivesTheFloor()
    {
        using var scope = NewDisposeScope();
        using LogMelSpectrogram spectrogram = Load(CodecFixture.Nano);
        Tensor mel = spectrogram.Compute(zeros(1, 8 * spectrogram.HopLength));

        // The magnitude of silence is the root of its floor, 1e-3, and each bin's weights sum to less than one.
        Assert.That(mel.max().item<float>(), Is.LessThan(Math.Log(1e-3)));
        Assert.That(mel.min().item<float>(), Is.GreaterThanOrEqualTo((float)Math.Log(1e-5)));
    }

    [Test]
    public void Compute_BinsBelowTheFloor_GivesItsLogarithm()
    {
        // A bin that takes next to nothing in; those of the released filter bank never come near their floor.
        using var scope = NewDisposeScope();
        using LogMelSpectrogram spectrogram = new(ones(2048), ones(1025, 1).Times(1e-9), 512);
        Tensor mel = spectrogram.Compute(zeros(1, 2048));
        TensorAssert.Close(mel, ones(1, 1, 4).Times(Math.Log(1e-5)), 1e-6, "log-mel");
    }

    [TestCase(1, 2048, 768)]
    [TestCase(1, 2048, 1)]
    public void Pad_TooShort_IsRefused(int channels, int window, int samples)
    {
        using LogMelSpectrogram spectrogram = new(ones(window), ones((window / 2) + 1, 4), 512);
        using Tensor waveform = zeros(channels, samples);
        Assert.That(() => spectrogram.Pad(waveform), Throws.ArgumentException.With.Message.Contains("768"));
    }

    [TestCase(2048, 1025, 2048)]
    [TestCase(2048, 1025, 511)]
    [TestCase(2048, 1024, 512)]
    [TestCase(2047, 1024, 511)]
    public void Constructor_PartsThatDoNotFit_IsRefused(int window, int frequencies, int hop)
    {
        using var scope = NewDisposeScope();
        Assert.That(() => new LogMelSpectrogram(ones(window), ones(frequencies, 4), hop), Throws.ArgumentException);
    }

    private static LogMelSpectrogram Load(string checkpoint)
    {
        using SafetensorsFile file = CodecFixture.OpenVocoder(checkpoint);
        return new VocoderWeights(file).ReadSpectrogram(CodecFixture.VocoderConfigOf(checkpoint), CPU);
    }
}
