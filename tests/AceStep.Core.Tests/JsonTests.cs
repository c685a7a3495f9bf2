using System.Text.Json;
using AceStep.Audio;
using AceStep.Schedulers;

namespace AceStep.Core.Tests;

/// <summary>Requests and results cross a wire as JSON, and nobody opens a file by it who was not allowed to.</summary>
public sealed class JsonTests : PipelineFixture
{
    private static IEnumerable<MusicRequest> Requests()
    {
        GenerationSettings generation = new() { Steps = 7, Scheduler = SchedulerKind.PingPong, OmegaScale = 2.5, BatchSize = 2, SampleRate = 44100 };
        GuidanceSettings guidance = new() { Kind = GuidanceKind.CfgStar, Scale = 3, ErgTag = false };
        yield return new TextToMusicRequest { Prompt = "funk", Lyrics = "[verse]\nla", Duration = TimeSpan.FromSeconds(12.5), Seed = [1, 2], Generation = generation with { OwnSteps = [1, 3] }, Guidance = guidance };
        yield return new VariationRequest { Seed = 42, VariationSeed = long.MaxValue, Strength = 0.25 };
        yield return new AudioToAudioRequest { Source = Tones, Strength = 0.75, Generation = generation };
        yield return new ContinuationRequest { Source = "demo.wav", Before = TimeSpan.FromMilliseconds(1500), SourceBlend = SourceBlend.Original };
        yield return new InpaintingRequest { Source = Latents(3), Start = TimeSpan.FromSeconds(1), End = TimeSpan.FromSeconds(2) };
        yield return new StyleTransferRequest { Source = Tones, TargetPrompt = "piano", From = 0.1, To = 0.9, VariationSeed = 3 };
        yield return new AccompanimentRequest { Vocals = Tones, Style = AccompanimentStyle.Jazz, KeepVocals = true };
    }

    private static JsonSerializerOptions WithFiles { get; } = new JsonSerializerOptions(JsonSerializerDefaults.Web).AddMusic(allowFiles: true);

    [TestCaseSource(nameof(Requests))]
    public void Request_OfAnyTask_ComesBackAsItWas(MusicRequest request)
    {
        string json = JsonSerializer.Serialize(request, WithFiles);

        MusicRequest read = JsonSerializer.Deserialize<MusicRequest>(json, WithFiles)!;

        Assert.That(read, Is.TypeOf(request.GetType()));
        Assert.That(JsonSerializer.Serialize(read, WithFiles), Is.EqualTo(json));
        Assert.That(WithoutSource(read with { Generation = request.Generation }), Is.EqualTo(WithoutSource(request)));
    }

    [Test]
    public void Read_OfARequestAsPeopleWriteIt_HasItsFields()
    {
        const string Json = """{"task": "text_to_music", "prompt": "funk", "duration": 12.5, "seed": 42, "generation": {"scheduler": "heun", "batch_size": 2}, "guidance": {"kind": "CFG-STAR"}}""";

        TextToMusicRequest request = (TextToMusicRequest)JsonSerializer.Deserialize<MusicRequest>(Json, MusicJson.Options)!;

        Assert.That(request.Duration, Is.EqualTo(TimeSpan.FromSeconds(12.5)));
        Assert.That(request.Seed, Is.EqualTo(new long[] { 42 }));
        Assert.That(request.Generation, Is.EqualTo(new GenerationSettings { Scheduler = SchedulerKind.Heun, BatchSize = 2, OwnSteps = request.Generation.OwnSteps }));
        Assert.That(request.Guidance.Kind, Is.EqualTo(GuidanceKind.CfgStar));
    }

    [TestCase("""{"prompt": "funk", "durration": 3}""", "durration")]
    [TestCase("""{"generation": {"step": 3}}""", "step")]
    [TestCase("""{"duration": "long"}""", "seconds")]
    [TestCase("""{"duration": 1e300}""", "seconds")]
    [TestCase("""{"seed": 1.5}""", "whole number")]
    [TestCase("""{"seed": [1, "2"]}""", "whole number")]
    [TestCase("""{"seed": 9223372036854775808}""", "whole number")]
    [TestCase("""{"seed": {}}""", "Seeds must be")]
    [TestCase("""{"generation": {"scheduler": "best"}}""", "euler, heun, pingpong")]
    [TestCase("""{"generation": {"scheduler": 1}}""", "euler, heun, pingpong")]
    public void Read_OfAWrongField_SaysWhatIsWrong(string json, string reason)
    {
        JsonException error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TextToMusicRequest>(json, MusicJson.Options))!;

        Assert.That(error.Message, Does.Contain(reason));
    }

    [TestCase("""{"source": {"file": "/etc/passwd"}}""", "must not be a file")]
    [TestCase("""{"source": "/etc/passwd"}""", "an object with one field")]
    [TestCase("""{"source": {}}""", "an object with one field")]
    [TestCase("""{"source": {"audio": "!"}}""", "base64")]
    [TestCase("""{"source": {"audio": "bm8gc291bmQ="}}""", "cannot be read")]
    [TestCase("""{"source": {"audio": null}}""", "base64")]
    [TestCase("""{"source": {"latents": null}}""", "Latents")]
    [TestCase("""{"source": {"latents": {"values": "AAAA"}}}""", "8 x 16")]
    [TestCase("""{"strength": 0.5}""", "source")]
    public void Read_OfAWrongSource_SaysWhatIsWrong(string json, string reason)
    {
        JsonException error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<AudioToAudioRequest>(json, MusicJson.Options))!;

        Assert.That(error.Message, Does.Contain(reason));
    }

    [Test]
    public void Read_OfLatentsThatAreNotFinite_IsRefused()
    {
        string nothing = Convert.ToBase64String([.. Enumerable.Repeat(BitConverter.GetBytes(float.NaN), 128).SelectMany(bytes => bytes)]);

        Assert.That(() => JsonSerializer.Deserialize<MusicLatents>($$"""{"values": "{{nothing}}"}""", MusicJson.Options), Throws.InstanceOf<JsonException>().With.Message.Contains("finite"));
    }

    [Test]
    public void Read_WithOptionsThatKnowNothing_StillHasSeedsAndSources()
    {
        string audio = JsonSerializer.Serialize(Tones, MusicJson.Options);

        AudioToAudioRequest request = JsonSerializer.Deserialize<AudioToAudioRequest>($$"""{"Source": {"audio": {{audio}}}, "Seed": [1, 2]}""")!;

        Assert.That(request.Seed, Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(request.Source.Open(static _ => { }, CancellationToken.None).Audio!.Channel(0).ToArray(), Is.EqualTo(Tones.Channel(0).ToArray()));
        Assert.That(() => JsonSerializer.Deserialize<AudioToAudioRequest>("""{"Source": {"file": "demo.wav"}}"""), Throws.InstanceOf<JsonException>());
    }

    [Test]
    public async Task Result_ThereAndBack_KeepsEveryBit()
    {
        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);

        string json = JsonSerializer.Serialize(result, MusicJson.Options);
        MusicResult read = JsonSerializer.Deserialize<MusicResult>(json, MusicJson.Options)!;

        Assert.That(JsonSerializer.Serialize(read, MusicJson.Options), Is.EqualTo(json));
        Assert.That(read.Songs[0].Audio.Channel(1).ToArray(), Is.EqualTo(result.Songs[0].Audio.Channel(1).ToArray()));
        Assert.That(read.Songs[0].Latents.Values.ToArray(), Is.EqualTo(result.Songs[0].Latents.Values.ToArray()));
        Assert.That(read.Songs[0].Latents.Settings, Is.EqualTo(result.Songs[0].Latents.Settings));
        Assert.That(read.Request.Seed, Is.EqualTo(result.Request.Seed));
        Assert.That(read.Timings, Is.EqualTo(result.Timings));
    }

    [Test]
    public void Times_ThereAndBack_KeepEveryTick()
    {
        Random random = new(1);
        TimeSpan[] times = [new(130342), .. Enumerable.Range(0, 10_000).Select(_ => new TimeSpan(random.NextInt64(TimeSpan.TicksPerHour)))];

        Assert.That(JsonSerializer.Deserialize<TimeSpan[]>(JsonSerializer.Serialize(times, MusicJson.Options), MusicJson.Options), Is.EqualTo(times));
    }

    private static MusicLatents Latents(int frames) => MusicLatents.Create([.. Enumerable.Range(0, 128 * frames).Select(value => value / 128f)]);

    /// <summary>Sources have no equality of their own; the JSON that both give is compared apart.</summary>
    private static MusicRequest WithoutSource(MusicRequest request) => request switch
    {
        AudioToAudioRequest task => task with { Source = null! },
        ContinuationRequest task => task with { Source = null! },
        InpaintingRequest task => task with { Source = null! },
        StyleTransferRequest task => task with { Source = null! },
        AccompanimentRequest task => task with { Vocals = null! },
        _ => request,
    };
}
