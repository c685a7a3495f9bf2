using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests;

/// <summary>Tasks with a source: what is kept is kept bit for bit, and what fails in the original works.</summary>
public sealed class SourceTaskTests : PipelineFixture
{
    private MusicLatents _source = null!;

    [OneTimeSetUp]
    public async Task Encode() => _source = await Pipeline.EncodeAsync(Tones);

    private InpaintingRequest Inpainting => new() { Prompt = "funk", Source = _source, Start = LatentFrames.ToTime(3) * 1.01, End = LatentFrames.ToTime(7) * 1.01, Strength = 0.8, Seed = 1, VariationSeed = 2, Generation = Quick };

    [Test]
    public async Task Inpaint_OutsideTheWindow_KeepsTheLatentsBitForBit()
    {
        MusicLatents result = (await Pipeline.InpaintAsync(Inpainting)).Songs[0].Latents;

        Assert.That(Frames(result, 0, 3), Is.EqualTo(Frames(_source, 0, 3)));
        Assert.That(Frames(result, 7, 12), Is.EqualTo(Frames(_source, 7, 12)));
        Assert.That(Frames(result, 3, 7), Is.Not.EqualTo(Frames(_source, 3, 7)));
    }

    [Test]
    public async Task Inpaint_WithoutStrength_GivesTheSourceBack()
    {
        // The original skips every step and decodes noise.
        MusicLatents result = (await Pipeline.InpaintAsync(Inpainting with { Strength = 0 })).Songs[0].Latents;

        Assert.That(result.Values.SequenceEqual(_source.Values), Is.True);
    }

    [Test]
    public async Task Inpaint_WholeSource_IsAVariation()
    {
        InpaintingRequest whole = Inpainting with { Start = TimeSpan.Zero, End = LatentFrames.ToTime(12) + TimeSpan.FromMilliseconds(1) };

        MusicLatents result = (await Pipeline.InpaintAsync(whole)).Songs[0].Latents;

        MusicLatents expected = (await Pipeline.VaryAsync(new VariationRequest { Prompt = "funk", Duration = whole.End, Strength = 0.8, Seed = 1, VariationSeed = 2, Generation = Quick })).Songs[0].Latents;
        Assert.That(result.Values.SequenceEqual(expected.Values), Is.True);
    }

    [Test]
    public async Task AudioToAudio_StrengthThatLeavesNoStep_GivesTheSourceBack()
    {
        // The original decodes half-mixed noise.
        MusicResult result = await Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Prompt = "funk", Source = _source, Strength = 0.05, Seed = 1, Generation = Quick with { Steps = 8 } });

        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(_source.Values), Is.True);
    }

    [Test]
    public async Task AudioToAudio_StrengthOfAFifth_TakesTheStepsOfTheOriginalsFourFifths()
    {
        // 1 - 0.8 is a hair below 0.2, so the original takes 3 of 20 steps; 0.2 itself would make 4.
        AudioToAudioRequest request = new() { Prompt = "funk", Source = _source, Strength = 0.2, Seed = 1, Generation = Quick with { Steps = 20 } };

        MusicResult result = await Pipeline.AudioToAudioAsync(request);

        MusicResult expected = await Pipeline.AudioToAudioAsync(request with { Strength = 1 - 0.8 });
        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(expected.Songs[0].Latents.Values), Is.True);
    }

    [TestCase("", "techno")]
    [TestCase("[chorus]\nStone", "")]
    public async Task TransferStyle_PartOfTheTargetLeftOut_IsTheSources(string lyrics, string prompt)
    {
        StyleTransferRequest request = new() { Prompt = "funk", Lyrics = "[verse]\nNeon lights", TargetPrompt = prompt, TargetLyrics = lyrics, Source = _source, Seed = 1, VariationSeed = 2, Generation = Quick };

        MusicResult result = await Pipeline.TransferStyleAsync(request);

        MusicResult expected = await Pipeline.TransferStyleAsync(request with
        {
            TargetPrompt = prompt.Length > 0 ? prompt : request.Prompt,
            TargetLyrics = lyrics.Length > 0 ? lyrics : request.Lyrics,
        });
        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(expected.Songs[0].Latents.Values), Is.True);
    }

    [TestCase(5, 0)]
    [TestCase(0, 5)]
    [TestCase(4, 6)]
    [TestCase(0, 30)]
    [TestCase(30, 0)]
    [TestCase(25, 30)]
    public async Task Continue_ByAnyLength_KeepsTheSourceBitForBit(int before, int after)
    {
        // Pads longer than the source crash the original.
        MusicLatents result = (await Pipeline.ContinueAsync(Continuation(_source, before, after))).Songs[0].Latents;

        Assert.That(result.Frames, Is.EqualTo(before + 12 + after));
        Assert.That(Frames(result, before, before + 12), Is.EqualTo(Frames(_source, 0, 12)));
        Assert.That(Frames(result, before > 0 ? 0 : 12, before > 0 ? before : 12 + after), Has.None.EqualTo(0f), "what was added is music");
        Assert.That(result.Values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue), Is.EqualTo(-1));
    }

    [TestCase(200, 0)]
    [TestCase(0, 200)]
    [TestCase(100, 150)]
    public void Denoise_ContinuationBeyondOnePass_PutsTheTrimmedContextBack(int before, int after)
    {
        // The original loses or corrupts what it trims. Asked of the latents alone: to decode them takes ten times as long.
        using var inference = inference_mode();
        (Tensor states, Tensor mask) = Pipeline.Parts.TextEncoder.Resident!.Encode(["funk"]);
        AceStepTransformer transformer = Pipeline.Parts.Transformer.Resident!;
        ContinuationRequest request = Continuation(_source, before, after) with { Generation = Quick with { Steps = 1 } };
        EncoderRows rows = request.Encode(transformer, new TextCondition(states, null, mask), LyricCondition.Create([], CPU));
        using var random = new torch.Generator(1);
        Tensor source = randn(1, LatentFrames.Channels, LatentFrames.Rows, 2500, generator: random);
        using NoiseGenerators noise = new([1], [2], float32, CPU);
        using StepWatch watch = new();

        Tensor result = request.Denoise(new Denoiser(transformer, [rows], source, noise, watch, null, CancellationToken.None));

        Assert.That(result.size(3), Is.EqualTo(before + 2500 + after));
        TensorAssert.BitEqual(result.narrow(3, before, 2500), source, "the source's frames");
        Assert.That(result.isfinite().all().item<bool>(), Is.True);
    }

    [Test]
    public void Continue_BeyondOnePass_ComesToItsDecoding()
    {
        MusicLatents source = MusicLatents.Create(new float[LatentFrames.Channels * LatentFrames.Rows * 2500]);
        using CancellationTokenSource stop = new();
        StopAt decoding = new(MusicStage.Decoding, stop);

        Assert.CatchAsync<OperationCanceledException>(() => Pipeline.ContinueAsync(Continuation(source, 100, 150) with { Generation = Quick with { Steps = 1 } }, decoding, stop.Token));

        Assert.That(decoding.WasReached, Is.True);
    }

    [Test]
    public void Continue_InTwoPasses_ReportsItsDenoisingAsOneStage()
    {
        MusicLatents source = MusicLatents.Create(new float[LatentFrames.Channels * LatentFrames.Rows * 2500]);
        List<MusicProgress> reports = [];
        using CancellationTokenSource stop = new();

        // To decode them would take ten times as long.
        Assert.CatchAsync<OperationCanceledException>(() => Pipeline.ContinueAsync(
            Continuation(source, 100, 150) with { Strength = 0.5, Generation = Quick with { Steps = 2 } }, new Told(reports, stop), stop.Token));

        MusicProgress[] denoising = [.. reports.Where(report => report.Stage == MusicStage.Denoising)];
        Assert.That(denoising.Select(report => report.Completed), Is.EqualTo(new long[] { 0, 1, 2 }), "one evaluation for each side");
        Assert.That(denoising.Select(report => report.Total), Is.All.EqualTo(2));
    }

    private sealed class Told(List<MusicProgress> reports, CancellationTokenSource stopAtDecoding) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value)
        {
            reports.Add(value);
            if (value.Stage == MusicStage.Decoding)
            {
                stopAtDecoding.Cancel();
            }
        }
    }

    [Test]
    public async Task Generate_GuidanceWindowOfOneStep_IsFinite()
    {
        // The original divides by zero in the decay.
        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic with { Guidance = new() { Interval = 0.34, IntervalDecay = 1 } });

        AssertFinite(result);
        Assert.That(result.Songs[0].Latents.Values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue), Is.EqualTo(-1));
    }

    [Test]
    public async Task Source_LatentsOrAudioOrFile_GiveTheSameSong()
    {
        using TemporaryFolder folder = new();
        string wave = folder.File("source.wav");
        string latents = folder.File("source.latents");
        Tones.Save(wave, new AudioSaveOptions { Encoding = SampleEncoding.Float32 });
        _source.Save(latents);

        MusicResult[] results =
        [
            await Pipeline.InpaintAsync(Inpainting),
            await Pipeline.InpaintAsync(Inpainting with { Source = Tones }),
            await Pipeline.InpaintAsync(Inpainting with { Source = wave }),
            await Pipeline.InpaintAsync(Inpainting with { Source = latents }),
        ];

        foreach (MusicResult result in results[1..])
        {
            Assert.That(result.Songs[0].Latents.Values.SequenceEqual(results[0].Songs[0].Latents.Values), Is.True);
        }

        Assert.That(MusicLatents.Load(latents).Settings["task"], Is.EqualTo("encode"));
    }

    [Test]
    public async Task Inpaint_WithTheSourcesOwnSamples_KeepsThemAndDoesNotClick()
    {
        MusicResult result = await Pipeline.InpaintAsync(Inpainting with { Source = Tones, SourceBlend = SourceBlend.Original });

        AudioBuffer decoded = (await Pipeline.InpaintAsync(Inpainting)).Songs[0].Audio;
        ReadOnlySpan<float> sound = result.Songs[0].Audio.Channel(0);
        Assert.That(sound[..(2 * 4096)].SequenceEqual(Tones.Channel(0)[..(2 * 4096)]), Is.True, "before the fade");
        Assert.That(sound[(8 * 4096)..].SequenceEqual(Tones.Channel(0)[(8 * 4096)..]), Is.True, "after the fade");
        float own = LargestSecondDifference(decoded.Channel(0));
        Assert.That(LargestSecondDifference(sound[(2 * 4096)..(8 * 4096)]), Is.LessThanOrEqualTo(own * 1.01f));
    }

    [Test]
    public async Task Continue_WithTheSourcesOwnSamples_KeepsThem()
    {
        MusicResult result = await Pipeline.ContinueAsync(Continuation(Tones, 4, 4) with { SourceBlend = SourceBlend.Original });

        ReadOnlySpan<float> sound = result.Songs[0].Audio.Channel(1);
        Assert.That(sound[(5 * 4096)..(15 * 4096)].SequenceEqual(Tones.Channel(1)[4096..(11 * 4096)]), Is.True);
    }

    [Test]
    public async Task Inpaint_SourceAtTheRateOfTheResult_KeepsItsSamplesBitForBit()
    {
        // On the way to the model and back they would lose their treble.
        AudioBuffer source = CreateTones(12 * 4458, 48000);

        MusicResult result = await Pipeline.InpaintAsync(Inpainting with { Source = source, SourceBlend = SourceBlend.Original, Generation = Quick with { SampleRate = 48000 } });

        ReadOnlySpan<float> sound = result.Songs[0].Audio.Channel(0);
        int fade = 2 * 4458;
        int after = 9 * 4458;
        Assert.That(sound[..fade].SequenceEqual(source.Channel(0)[..fade]), Is.True, "before the fade");
        Assert.That(sound[after..source.Length].SequenceEqual(source.Channel(0)[after..]), Is.True, "after the fade");
    }

    [Test]
    public async Task Accompany_KeepingTheVocals_AddsTheirSamples()
    {
        AccompanimentRequest request = new() { Vocals = Tones, Seed = 1, Strength = 0.7, Generation = Quick };
        AudioBuffer without = (await Pipeline.AccompanyAsync(request)).Songs[0].Audio;

        AudioBuffer with = (await Pipeline.AccompanyAsync(request with { KeepVocals = true })).Songs[0].Audio;

        for (int i = 0; i < with.Length; i += 997)
        {
            Assert.That(with.Channel(0)[i], Is.EqualTo(without.Channel(0)[i] + Tones.Channel(0)[i]));
        }
    }

    private static IEnumerable<TestCaseData> WrongSources()
    {
        yield return new TestCaseData(AudioBuffer.FromPlanar([[], []], 44100), "sample").SetArgDisplayNames("empty");
        yield return new TestCaseData(AudioBuffer.FromPlanar([[0, float.NaN, 0]], 44100), "finite").SetArgDisplayNames("NaN");
        yield return new TestCaseData(AudioBuffer.FromPlanar([new float[8000 * 250]], 8000), "240 s").SetArgDisplayNames("250 s");
        yield return new TestCaseData(AudioBuffer.FromPlanar([.. Enumerable.Range(0, 9).Select(_ => new float[5000])], 44100), "channels").SetArgDisplayNames("9 channels");
    }

    [TestCaseSource(nameof(WrongSources))]
    public void AudioToAudio_SourceThatCannotBe_NamesTheRule(AudioBuffer source, string rule)
    {
        var error = Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = source, Generation = Quick }));

        Assert.That(error.Field, Is.EqualTo("Source"));
        Assert.That(error.Message, Does.Contain(rule));
    }

    [TestCase(1, 11025, 500)]
    [TestCase(2, 192000, 20000)]
    [TestCase(8, 48000, 9000)]
    [TestCase(1, 44100, 1)]
    public async Task AudioToAudio_UnusualSource_Works(int channels, int rate, int samples)
    {
        AudioBuffer source = AudioBuffer.FromPlanar([.. Enumerable.Range(0, channels).Select(_ => new float[samples])], rate);

        AssertFinite(await Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Prompt = "funk", Source = source, Strength = 0.7, Generation = Quick }));
    }

    [Test]
    public void Inpaint_EndBeyondTheSource_IsRefused()
    {
        var error = Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.InpaintAsync(Inpainting with { End = TimeSpan.FromSeconds(5) }));

        Assert.That(error.Field, Is.EqualTo("End"));
    }

    private static ContinuationRequest Continuation(MusicSource source, int before, int after) => new()
    {
        Prompt = "funk", Source = source, Before = LatentFrames.ToTime(before) * 1.001, After = LatentFrames.ToTime(after) * 1.001, Seed = 1, VariationSeed = 2, Generation = Quick,
    };

    /// <summary>The values of some frames, in order of channel, row, frame.</summary>
    private static float[] Frames(MusicLatents latents, int start, int end)
    {
        List<float> values = [];
        for (int row = 0; row < 8 * 16; row++)
        {
            values.AddRange(latents.Values.Slice(row * latents.Frames + start, end - start));
        }

        return [.. values];
    }

    private static float LargestSecondDifference(ReadOnlySpan<float> samples)
    {
        float largest = 0;
        for (int i = 1; i < samples.Length - 1; i++)
        {
            largest = Math.Max(largest, Math.Abs(samples[i - 1] - 2 * samples[i] + samples[i + 1]));
        }

        return largest;
    }

    private sealed class StopAt(MusicStage stage, CancellationTokenSource stop) : IProgress<MusicProgress>
    {
        public bool WasReached { get; private set; }

        public void Report(MusicProgress value)
        {
            if (value.Stage == stage)
            {
                WasReached = true;
                stop.Cancel();
            }
        }
    }
}
