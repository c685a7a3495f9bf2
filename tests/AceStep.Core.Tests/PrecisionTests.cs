using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests;

/// <summary>Weights stored in any of the three types, computed in any of the two, on every device that is there.</summary>
public sealed class PrecisionTests : PipelineFixture
{
    private static readonly string[] Devices = cuda.is_available() ? ["cpu", "cuda"] : ["cpu"];
    private readonly Dictionary<ScalarType, TemporaryFolder> _stored = [];

    [OneTimeTearDown]
    public void DeleteCheckpoints()
    {
        foreach (TemporaryFolder folder in _stored.Values)
        {
            folder.Dispose();
        }
    }

    // Random numbers are drawn in the precision that is computed in, and differ with it; so songs of one seed cannot be
    // compared, but what the networks make of the same latents can.
    [Test]
    public async Task Networks_StoredAndComputedInAnyType_StayWithinTheTypesRounding(
        [Values(ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float32)] ScalarType stored,
        [Values] Precision precision,
        [ValueSource(nameof(Devices))] string device)
    {
        MusicPipelineOptions options = new() { Device = device, Precision = precision };
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(CheckpointIn(stored), options);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor latents = Latents();

        double velocity = TensorAssert.RelativeL2(Velocity(pipeline, latents), Velocity(Pipeline, latents));
        double samples = TensorAssert.RelativeL2(Samples(pipeline, latents), Samples(Pipeline, latents));

        TestContext.Out.WriteLine($"velocity {velocity:E2}, samples {samples:E2}");
        (double velocityBound, double samplesBound) = Bounds(stored, precision, device);
        Assert.That(velocity, Is.LessThan(velocityBound), "velocity");
        Assert.That(samples, Is.LessThan(samplesBound), "samples");
    }

    [Test]
    public async Task Generate_InBFloat16_GivesFiniteSamplesTwiceTheSame([Values] SchedulerKind scheduler)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu", Precision = Precision.BFloat16 });
        TextToMusicRequest request = TextToMusic with { Generation = Quick with { Scheduler = scheduler } };

        MusicResult first = await pipeline.TextToMusicAsync(request);
        MusicResult second = await pipeline.TextToMusicAsync(request);

        AssertFinite(first);
        Assert.That(second.Songs[0].Latents.Values.SequenceEqual(first.Songs[0].Latents.Values), Is.True);
    }

    // As in the original: the same seed gives other numbers in another type.
    [Test]
    public void DrawBase_ForAModelInAnyType_DrawsInThatType([Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType type)
    {
        using var scope = NewDisposeScope();
        using NoiseGenerators noise = new([7, 8], [9], type, CPU);
        using Generator second = new(8);
        using Generator variation = new(9);

        TensorAssert.BitEqual(noise.DrawBase(5)[1], randn([1, 8, 16, 5], dtype: type, generator: second)[0], "the second song's");
        TensorAssert.BitEqual(noise.DrawVariation(5), randn([1, 8, 16, 5], dtype: type, generator: variation), "the variation's");
    }

    /// <summary>
    /// Three times what was measured on a CPU. The tiny checkpoint's text encoder is stored in float32, the rest in
    /// bfloat16: only the text encoder is rounded by another type. Convolutions on CUDA multiply in TF32.
    /// </summary>
    private static (double Velocity, double Samples) Bounds(ScalarType stored, Precision precision, string device)
    {
        double exact = device == "cpu" ? 1e-5 : 5e-3;
        return (precision, stored) switch
        {
            (Precision.BFloat16, _) => (0.1, 0.3), // measured 3.1e-2, 9.7e-2
            (_, ScalarType.BFloat16) => (0.04, exact), // 1.4e-2, 0
            (_, ScalarType.Float16) => (Math.Max(4e-3, exact), exact), // 1.2e-3, 3e-6
            _ => (exact, exact), // 0, 0
        };
    }

    private static Tensor Latents()
    {
        using var generator = new Generator(4);
        return randn(1, LatentFrames.Channels, LatentFrames.Rows, 12, generator: generator);
    }

    /// <summary>The velocity in the middle of a schedule, from the words on: text encoder, lyric encoder and transformer.</summary>
    private static Tensor Velocity(MusicPipeline pipeline, Tensor latents)
    {
        using var text = pipeline.Parts.TextEncoder.Borrow(null, CancellationToken.None);
        using var lease = pipeline.Parts.Transformer.Borrow(null, CancellationToken.None);
        AceStepTransformer transformer = lease.Value;
        (Tensor states, Tensor textMask) = text.Value.Encode([TextToMusic.Prompt]);
        Device device = states.device;
        Tensor lyrics = tensor(pipeline.Parts.LyricTokenizer.Encode(TextToMusic.Lyrics).Ids.Select(id => (long)id).ToArray(), device: device).unsqueeze(0);
        Tensor speaker = zeros(1, transformer.Config.SpeakerWidth, device: device);
        (Tensor encoder, Tensor mask) = transformer.Encode(states, textMask, speaker, lyrics, ones_like(lyrics), weakenLyrics: false);
        using DecodeContext context = transformer.Prepare(encoder, mask, latents.size(3), tensor(new[] { 500f }, device: device));
        return transformer.Decode(latents.to(device), 0, context).to(float32).cpu();
    }

    private static Tensor Samples(MusicPipeline pipeline, Tensor latents)
    {
        using var codec = pipeline.Parts.Codec.Borrow(null, CancellationToken.None);
        return codec.Value.Decode(latents.to(torch.device(pipeline.Device))).to(float32).cpu();
    }

    /// <summary>A copy of the tiny checkpoint with every weight in one type.</summary>
    private string CheckpointIn(ScalarType type)
    {
        if (_stored.TryGetValue(type, out TemporaryFolder? known))
        {
            return known.Path;
        }

        TemporaryFolder folder = new();
        _stored.Add(type, folder);
        foreach (string source in Directory.GetFiles(TinyCheckpoint, "*", SearchOption.AllDirectories))
        {
            string target = folder.File(Path.GetRelativePath(TinyCheckpoint, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Path.GetExtension(source) == ".safetensors")
            {
                Convert(source, target, type);
            }
            else
            {
                File.Copy(source, target);
            }
        }

        return folder.Path;
    }

    private static void Convert(string source, string target, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(source);
        SafetensorsWriter.Write(target, [.. file.Names.Select(name => KeyValuePair.Create(name, file.Read(name).to(type)))]);
    }
}
