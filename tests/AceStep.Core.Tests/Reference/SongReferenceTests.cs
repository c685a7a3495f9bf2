using System.Globalization;
using System.Text.Json;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests.Reference;

/// <summary>Whole requests against the original's sound, lyrics included: text and files in, samples out.</summary>
[Category(ReferenceData.Category)]
public sealed class SongReferenceTests
{
    /// <summary>The bar for sound: the latents' distance grows in the vocoder.</summary>
    private const double SoundTolerance = 1e-3;

    private static IEnumerable<string> SoundNames() => ReferenceData.Names("sounds");

    private static IEnumerable<string> NanoNames() => ReferenceData.Names("nano");

    [Test]
    public void Songs_OfTheReferences_AreFound()
    {
        ReferenceData.RequireCases(SoundNames(), "sounds");
        ReferenceData.RequireCases(NanoNames(), "nano");
    }

    [TestCaseSource(nameof(SoundNames))]
    public Task Generate_RecordedSound_GivesTheOriginalsSamples(string name) =>
        Compare(ReferenceData.Require("checkpoint-tiny"), ReferenceData.Require("sounds", name + ".safetensors"));

    // ./test gives each process one thread; here libtorch shares its work among two.
    [TestCaseSource(nameof(NanoNames))]
    public async Task Generate_RecordedNanoSongOnTwoThreads_GivesTheOriginalsSamples(string name)
    {
        int threads = torch.get_num_threads();
        try
        {
            await Compare(Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano"), ReferenceData.Require("nano", name + ".safetensors"), threads: 2);
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    [Test]
    public async Task Generate_RecordedWaveform_IsTheSameAtBothRates([Values(44100, 48000)] int sampleRate)
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("pipeline", "text2music-euler-sound.safetensors"));
        JsonElement cases = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(ReferenceData.Require("pipeline", "cases.json")));
        JsonElement original = cases.GetProperty("cases").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "text2music-euler").GetProperty("request");
        int[] ids = [.. cases.GetProperty("lyric_ids").GetProperty(original.GetProperty("lyrics").GetString()!).EnumerateArray().Select(id => id.GetInt32())];
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(ReferenceData.Require("checkpoint-tiny"), new MusicPipelineOptions { Device = "cpu" });
        pipeline.KnownLyrics = _ => new Lyrics.LyricEncoding(ids, []);
        MusicRequest request = OriginalRequest.Translate(original, 0);

        MusicResult result = await pipeline.GenerateAsync(request with { Generation = request.Generation with { SampleRate = sampleRate } });

        using torch.Tensor expected = file.Read($"waveform_{sampleRate}");
        using torch.Tensor actual = result.Songs[0].EveryNth(1);
        TensorAssert.Close(actual, expected, TensorAssert.PipelineTolerance, $"waveform at {sampleRate} Hz");
    }

    private static async Task Compare(string checkpoint, string reference, int? threads = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(reference);
        JsonElement original = JsonSerializer.Deserialize<JsonElement>(file.Metadata["request"]);
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu", Threads = threads });
        int frames = (int)file.Shape("latents")[3];
        MusicRequest request = OriginalRequest.Translate(original, SourceFrames(original));

        MusicResult result = await pipeline.GenerateAsync(request);

        using torch.Tensor expectedLatents = file.Read("latents");
        using torch.Tensor latents = result.ToTensor();
        TensorAssert.Close(latents, expectedLatents, TensorAssert.PipelineTolerance, "latents");
        string samples = file.Names.Single(name => name.StartsWith("every_", StringComparison.Ordinal));
        using torch.Tensor expectedSamples = file.Read(samples);
        using torch.Tensor actualSamples = result.Songs[0].EveryNth(int.Parse(samples["every_".Length..], CultureInfo.InvariantCulture));
        TensorAssert.Close(actualSamples, expectedSamples, SoundTolerance, samples);
        Assert.That(result.Songs[0].Audio.Length, Is.EqualTo(frames * 4096));
    }

    /// <summary>The latent frames of a request's source file: its length in whole latent frames, rounded up.</summary>
    private static int SourceFrames(JsonElement original) =>
        original.TryGetProperty("src_audio_path", out JsonElement path)
            ? (int)Math.Ceiling(Audio.Resampler.Resample(Audio.AudioFile.Load(ReferenceData.Require(path.GetString()!.Split('/'))), 44100).Length / 4096.0)
            : 0;
}
