using System.Runtime.InteropServices;
using AceStep.Models;
using TorchSharp;
using TorchSharp.Modules;

namespace AceStep.Core.Tests.Faults;

/// <summary>
/// A device that fails in the midst of a song: libtorch's own error out of a network, and an exception at each report of
/// progress. It comes out as it is, no tensor is left behind, and the next song is what it would have been.
/// </summary>
public sealed class FailingDeviceTests : PipelineFixture
{
    private static IEnumerable<TestCaseData> Networks()
    {
        yield return Case(MusicStage.Conditioning, "", pipeline => pipeline.Parts.TextEncoder.Resident!.Encoder);
        yield return Case(MusicStage.Denoising, "", pipeline => pipeline.Parts.Transformer.Resident!);
        yield return Case(MusicStage.EncodingSource, "encoder.", pipeline => pipeline.Parts.Codec.Resident!.Modules[0]);
        yield return Case(MusicStage.Decoding, "decoder.", pipeline => pipeline.Parts.Codec.Resident!.Modules[0]);

        static TestCaseData Case(MusicStage stage, string part, Func<MusicPipeline, torch.nn.Module> network) => new TestCaseData(stage, part, network).SetArgDisplayNames($"{stage}");
    }

    [TestCaseSource(nameof(Networks))]
    public async Task Generate_NetworkFailsInMidStage_IsUsableAfterwards(MusicStage stage, string part, Func<MusicPipeline, torch.nn.Module> network)
    {
        MusicRequest request = new AudioToAudioRequest { Prompt = "funk", Source = Tones, Seed = 1, Strength = 1, Generation = Quick };
        MusicResult expected = await Pipeline.GenerateAsync(request);
        long tensors = Pipeline.LiveTensors;
        (string name, Parameter weight) = network(Pipeline).named_parameters().Last(entry => entry.name.StartsWith(part, StringComparison.Ordinal) && entry.parameter.dim() >= 2);
        using torch.Tensor whole = weight.detach().clone();
        Watch watch = new(report =>
        {
            // In the loop after its first step; elsewhere before the first unit.
            if (report.Stage == stage && report.Completed == (stage == MusicStage.Denoising ? 1 : 0))
            {
                Resize(weight, [1]);
            }
        });

        Assert.That(() => Pipeline.GenerateAsync(request, watch), Throws.InstanceOf<ExternalException>(), $"without the weight {name}");

        Assert.That(watch.Last.Stage, Is.EqualTo(stage));
        Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors), "live tensors");
        Resize(weight, whole.shape);
        using (torch.no_grad())
        {
            weight.copy_(whole);
        }

        MusicResult after = await Pipeline.GenerateAsync(request);
        Assert.That(after.Songs[0].Audio.Channel(0).SequenceEqual(expected.Songs[0].Audio.Channel(0)), Is.True, "the song afterwards");
    }

    [Test]
    public async Task Generate_FailingAtEveryReport_NeverLeavesAnything()
    {
        MusicRequest request = new InpaintingRequest { Prompt = "funk", Lyrics = "[verse]\nNeon lights", Source = Tones, Start = TimeSpan.FromSeconds(0.3), End = TimeSpan.FromSeconds(0.8), Strength = 1, Seed = 1, VariationSeed = 2, Generation = Quick };
        int reports = 0;
        MusicResult expected = await Pipeline.GenerateAsync(request, new Watch(_ => reports++));
        long tensors = Pipeline.LiveTensors;
        for (int failing = 0; failing < reports; failing++)
        {
            int left = failing;
            Watch watch = new(_ =>
            {
                if (left-- == 0)
                {
                    throw new DeviceException("The device has gone.");
                }
            });

            Assert.That(() => Pipeline.GenerateAsync(request, watch), Throws.TypeOf<DeviceException>().With.Message.EqualTo("The device has gone."));
            Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors), $"live tensors after a failure at {watch.Last}");
        }

        MusicResult after = await Pipeline.GenerateAsync(request);
        Assert.That(reports, Is.GreaterThan(8));
        Assert.That(after.Songs[0].Audio.Channel(0).SequenceEqual(expected.Songs[0].Audio.Channel(0)), Is.True, "the song afterwards");
    }

    [TestCase("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 12 bytes. Error code 12\nbacktrace")]
    [TestCase("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB\nbacktrace")]
    public async Task Generate_DeviceWithoutMemory_NamesTheStage(string words)
    {
        long tensors = (await Pipeline.TextToMusicAsync(TextToMusic)) is not null ? Pipeline.LiveTensors : 0;
        Watch watch = new(report =>
        {
            if (report is { Stage: MusicStage.Denoising, Completed: 1 })
            {
                throw new DeviceException(words);
            }
        });

        InsufficientMemoryException error = Assert.ThrowsAsync<InsufficientMemoryException>(() => Pipeline.TextToMusicAsync(TextToMusic, watch))!;

        Assert.That(error.Message, Does.StartWith("Out of memory while denoising (").And.Not.Contains("backtrace").And.Contains("shorter song"));
        Assert.That(error.InnerException, Is.TypeOf<DeviceException>());
        Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors), "live tensors");
    }

    /// <summary>Gives a weight another shape in place: no operation that reads it can go on.</summary>
    private static void Resize(Parameter weight, long[] shape)
    {
        using var noGrad = torch.no_grad();
        using torch.Tensor other = torch.zeros(shape);
        weight.set_(other);
    }

    /// <summary>An error as TorchSharp passes libtorch's on.</summary>
    private sealed class DeviceException(string message) : ExternalException(message);

    private sealed class Watch(Action<MusicProgress> tell) : IProgress<MusicProgress>
    {
        public MusicProgress Last { get; private set; }

        public void Report(MusicProgress value)
        {
            Last = value;
            tell(value);
        }
    }
}
