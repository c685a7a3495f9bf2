using System.Text.Json;
using AceStep.Audio;
using AceStep.Server.Deployment;
using AceStep.Models;
using AceStep.Schedulers;

namespace AceStep.Server.Tests.Deployment;

/// <summary>The deployment's inputs become the library's requests.</summary>
public sealed class DeploymentInputTests
{
    [Test]
    public void Parse_OfNothing_GivesTheDefaults()
    {
        DeploymentInput input = Parse("{}");

        Assert.That(input, Is.EqualTo(new DeploymentInput()));
        Assert.That(input.Prompt, Is.EqualTo("Electronic dance music, upbeat, energetic"));
        var request = (TextToMusicRequest)input.ToRequest();
        Assert.That(request.Duration, Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(request.Generation, Is.EqualTo(new GenerationSettings()));
        Assert.That(request.Guidance, Is.EqualTo(new GuidanceSettings()));
        Assert.That((request.Guidance.Interval, request.Guidance.IntervalDecay, request.Guidance.MinScale), Is.EqualTo((0.5, 0.0, 3.0)), "the deployment has no field for these");
        Assert.That(request.Generation.BatchSize, Is.EqualTo(1));
        Assert.That(request.Seed, Is.EqualTo(Seeds.Random));
        Assert.That(input.Notes, Is.Empty);
    }

    [Test]
    public void Parse_OfEveryField_ReadsEachOfThem()
    {
        DeploymentInput input = Parse("""
            {
              "task": "vocal_accompaniment", "prompt": "p", "lyrics": "l", "audio_duration": 12.5, "input_audio": "in.wav", "reference_audio": "ref.wav",
              "continuation_mode": "extend_both", "inpaint_start_time": 1.5, "inpaint_end_time": 2.5, "extend_duration": 6, "style_prompt": "sp", "style_lyrics": "sl",
              "style_strength": 0.4, "audio2audio_strength": 0.3, "preserve_vocals": true, "generate_accompaniment": true, "accompaniment_style": "folk", "infer_steps": 27,
              "guidance_scale": 7, "scheduler_type": "pingpong", "cfg_type": "cfg_star", "omega_scale": 4, "seed": 5, "variation_seed": 6, "variation_strength": 0.2,
              "use_erg_tag": false, "use_erg_lyric": false, "use_erg_diffusion": false, "guidance_scale_text": 5, "guidance_scale_lyric": 2, "lora_name_or_path": "rap",
              "lora_weight": 0.5, "output_format": "mp3", "sample_rate": 44100, "unknown_field": {}
            }
            """);

        Assert.That(input, Is.EqualTo(new DeploymentInput
        {
            Task = MusicTask.Accompaniment, Prompt = "p", Lyrics = "l", AudioDuration = 12.5, InputAudio = "in.wav", ReferenceAudio = "ref.wav",
            ContinuationMode = ContinuationMode.ExtendBoth, InpaintStartTime = 1.5, InpaintEndTime = 2.5, ExtendDuration = 6, StylePrompt = "sp", StyleLyrics = "sl",
            StyleStrength = 0.4, AudioToAudioStrength = 0.3, PreserveVocals = true, GenerateAccompaniment = true, AccompanimentStyle = AccompanimentStyle.Folk, InferSteps = 27,
            GuidanceScale = 7, Scheduler = SchedulerKind.PingPong, Guidance = GuidanceKind.CfgStar, OmegaScale = 4, Seed = 5, VariationSeed = 6, VariationStrength = 0.2,
            UseErgTag = false, UseErgLyric = false, UseErgDiffusion = false, GuidanceScaleText = 5, GuidanceScaleLyric = 2, Lora = "rap",
            LoraWeight = 0.5, OutputFormat = AudioFormat.Mp3, SampleRate = 44100,
        }));
    }

    [Test]
    public void Fields_AreThoseThatParseReads()
    {
        // Each field's default, written as JSON, is read back as the default; another value of its kind is not.
        foreach (DeploymentField field in DeploymentInput.Fields)
        {
            string json = JsonSerializer.Serialize(new Dictionary<string, object?> { [field.Name] = field.Default });
            Assert.That(Parse(json), Is.EqualTo(new DeploymentInput()), field.Name);
            Assert.That(() => Parse($$"""{"{{field.Name}}": []}"""), Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo(field.Name));
        }

        Assert.That(DeploymentInput.Fields, Has.Count.EqualTo(34));
    }

    [TestCase("audio_duration", "9", "10 to 240")]
    [TestCase("audio_duration", "240.5", "10 to 240")]
    [TestCase("extend_duration", "4", "5 to 120")]
    [TestCase("style_strength", "1.1", "0 to 1")]
    [TestCase("audio2audio_strength", "-0.1", "0 to 1")]
    [TestCase("variation_strength", "2", "0 to 1")]
    [TestCase("infer_steps", "19", "20 to 100")]
    [TestCase("infer_steps", "101", "20 to 100")]
    [TestCase("infer_steps", "1e30", "whole number")]
    [TestCase("infer_steps", "20.5", "whole number")]
    [TestCase("guidance_scale", "0", "1 to 30")]
    [TestCase("omega_scale", "0.5", "1 to 20")]
    [TestCase("guidance_scale_text", "31", "0 to 30")]
    [TestCase("lora_weight", "2.5", "0 to 2")]
    [TestCase("sample_rate", "22050", "44100 or 48000")]
    [TestCase("inpaint_start_time", "-1", "at least 0")]
    [TestCase("seed", "-2", "at least 0")]
    [TestCase("seed", "18446744073709551616", "a whole number from 0 to 9223372036854775807, which is what 63 bits hold")]
    [TestCase("variation_seed", "9223372036854775808", "which is what 63 bits hold")]
    [TestCase("seed", "1.5", "a whole number from 0 to 9223372036854775807")]
    [TestCase("infer_steps", "1e300", "a whole number; it is 1e300")]
    [TestCase("scheduler_type", "\"ddim\"", "euler")]
    [TestCase("task", "\"polka\"", "vocal_accompaniment")]
    [TestCase("output_format", "\"flac\"", "wav, mp3, ogg")]
    [TestCase("prompt", "3", "text")]
    [TestCase("use_erg_tag", "\"yes\"", "true or false")]
    public void Parse_OutsideItsRange_NamesFieldAndRule(string field, string value, string rule)
    {
        InvalidRequestException? error = Assert.Throws<InvalidRequestException>(() => Parse($$"""{"{{field}}": {{value}}}"""));

        Assert.That(error!.Field, Is.EqualTo(field));
        Assert.That(error.Message, Does.Contain(rule).And.Contains(value.Trim('"')[..1]));
    }

    [Test]
    public void Parse_WithMinusOneAsSeed_DrawsOne()
    {
        MusicRequest request = Parse("""{"seed": -1, "variation_seed": -1, "variation_strength": 0.5}""").ToRequest();

        Assert.That(request.Seed, Is.EqualTo(Seeds.Random));
        Assert.That(((VariationRequest)request).VariationSeed, Is.EqualTo(Seeds.Random));
    }

    [Test]
    public void ToRequest_WithEverySetting_PutsEachInItsPlace()
    {
        var request = (TextToMusicRequest)Parse("""
            {
              "infer_steps": 27, "scheduler_type": "heun", "omega_scale": 4, "sample_rate": 44100,
              "cfg_type": "cfg", "guidance_scale": 7, "guidance_scale_text": 5, "guidance_scale_lyric": 2
            }
            """).ToRequest();

        Assert.That(request.Generation, Is.EqualTo(new GenerationSettings { Steps = 27, Scheduler = SchedulerKind.Heun, OmegaScale = 4, SampleRate = 44100 }));
        Assert.That(request.Guidance, Is.EqualTo(new GuidanceSettings { Kind = GuidanceKind.Cfg, Scale = 7, TextScale = 5, LyricScale = 2 }));
    }

    [TestCase("use_erg_tag", false, true, true)]
    [TestCase("use_erg_lyric", true, false, true)]
    [TestCase("use_erg_diffusion", true, true, false)]
    public void ToRequest_WithoutOneErg_LeavesTheOthersOn(string field, bool tag, bool lyric, bool diffusion)
    {
        var request = (TextToMusicRequest)Parse($$"""{"{{field}}": false}""").ToRequest();

        Assert.That(request.Guidance, Is.EqualTo(new GuidanceSettings { ErgTag = tag, ErgLyric = lyric, ErgDiffusion = diffusion }));
    }

    [TestCase("continuation")]
    [TestCase("inpainting")]
    [TestCase("style_transfer")]
    public void ToRequest_WithSeeds_KeepsBoth(string task)
    {
        MusicRequest request = Parse($$"""{"task": "{{task}}", "input_audio": "a.wav", "inpaint_end_time": 4, "seed": 5, "variation_seed": 6}""").ToRequest();

        Assert.That(request.Seed, Is.EqualTo(Seeds.FromInt64(5)));
        Seeds? variationSeed = request switch
        {
            ContinuationRequest continuation => continuation.VariationSeed,
            InpaintingRequest inpainting => inpainting.VariationSeed,
            StyleTransferRequest transfer => transfer.VariationSeed,
            _ => null,
        };
        Assert.That(variationSeed, Is.EqualTo(Seeds.FromInt64(6)));
    }

    [Test]
    public void ToRequest_WithAVariationStrength_IsAVariation()
    {
        var request = (VariationRequest)Parse("""{"seed": 12345, "variation_seed": 67890, "variation_strength": 0.3, "audio_duration": 60}""").ToRequest();

        Assert.That((request.Strength, request.Duration.TotalSeconds), Is.EqualTo((0.3, 60.0)));
        Assert.That((request.Seed, request.VariationSeed), Is.EqualTo((Seeds.FromInt64(12345), Seeds.FromInt64(67890))));
    }

    [Test]
    public void ToRequest_ForAudioToAudio_KeepsTheDirectionOfTheStrength()
    {
        var request = (AudioToAudioRequest)Parse("""{"task": "audio2audio", "input_audio": "a.wav", "audio2audio_strength": 0.2}""").ToRequest();

        Assert.That(request.Strength, Is.EqualTo(0.2), "0 is no change here, in the deployment and in the library; the original's reference strength is 0.8");
        Assert.That(request.Source.ToString(), Is.EqualTo("a.wav"));
    }

    [Test]
    public void ToRequest_ForAudioToAudioWithAReferenceAlone_StartsFromIt()
    {
        var request = (AudioToAudioRequest)Parse("""{"task": "audio2audio", "reference_audio": "r.wav"}""").ToRequest();

        Assert.That(request.Source.ToString(), Is.EqualTo("r.wav"));
    }

    [TestCase("extend_start", 20.0, 0.0)]
    [TestCase("extend_end", 0.0, 20.0)]
    [TestCase("extend_both", 10.0, 10.0)]
    public void ToRequest_ForAContinuation_AddsWhereItsModeSays(string mode, double before, double after)
    {
        var request = (ContinuationRequest)Parse($$"""{"task": "continuation", "input_audio": "a.wav", "continuation_mode": "{{mode}}", "extend_duration": 20}""").ToRequest();

        Assert.That((request.Before.TotalSeconds, request.After.TotalSeconds, request.Strength), Is.EqualTo((before, after, 1.0)));
    }

    [TestCase("""{"task": "inpainting", "input_audio": "a.wav", "inpaint_start_time": 3, "inpaint_end_time": 6}""", 0.2)]
    [TestCase("""{"task": "continuation", "continuation_mode": "inpaint_middle", "input_audio": "a.wav", "inpaint_start_time": 3, "inpaint_end_time": 6, "variation_strength": 0.7}""", 0.7)]
    public void ToRequest_ForInpainting_ChangesTheSpan(string json, double strength)
    {
        var request = (InpaintingRequest)Parse(json).ToRequest();

        Assert.That((request.Start.TotalSeconds, request.End.TotalSeconds, request.Strength), Is.EqualTo((3.0, 6.0, strength)));
    }

    [Test]
    public void ToRequest_ForAStyleTransfer_TurnsTheStrengthIntoTheShareOfStepsSkipped()
    {
        var request = (StyleTransferRequest)Parse("""
            {"task": "style_transfer", "input_audio": "a.wav", "prompt": "rock", "lyrics": "la", "style_prompt": "jazz", "style_lyrics": "doo", "style_strength": 0.8, "guidance_scale": 9}
            """).ToRequest();

        Assert.That((request.Prompt, request.Lyrics, request.TargetPrompt, request.TargetLyrics), Is.EqualTo(("rock", "la", "jazz", "doo")));
        Assert.That(request.From, Is.EqualTo(0.2).Within(1e-15));
        Assert.That((request.To, request.Average, request.GuidanceScale), Is.EqualTo((1.0, 1, 9.0)));
    }

    [TestCase("""{"task": "vocal_accompaniment", "input_audio": "v.wav", "accompaniment_style": "jazz", "preserve_vocals": true, "audio2audio_strength": 0.3}""")]
    [TestCase("""{"generate_accompaniment": true, "input_audio": "v.wav", "accompaniment_style": "jazz", "preserve_vocals": true, "audio2audio_strength": 0.3}""")]
    public void ToRequest_ForAnAccompaniment_StartsFromTheVocalsAndSaysWhatItIs(string json)
    {
        DeploymentInput input = Parse(json);
        var request = (AccompanimentRequest)input.ToRequest();

        Assert.That((request.Style, request.KeepVocals, request.Strength, request.Vocals.ToString()), Is.EqualTo((AccompanimentStyle.Jazz, true, 0.3, "v.wav")));
        Assert.That(input.Notes, Has.One.Contains("no network for accompaniment"));
    }

    [TestCase("audio2audio")]
    [TestCase("continuation")]
    [TestCase("inpainting")]
    [TestCase("style_transfer")]
    [TestCase("vocal_accompaniment")]
    public void ToRequest_WithoutASource_SaysThatTheTaskNeedsOne(string task) =>
        Assert.That(() => Parse($$"""{"task": "{{task}}", "inpaint_end_time": 1}""").ToRequest(),
            Throws.TypeOf<InvalidRequestException>().With.Message.EqualTo($"input_audio: is needed by the task {task}."));

    [Test]
    public void ToRequest_WithAReversedSpan_SaysSo() =>
        Assert.That(() => Parse("""{"task": "inpainting", "input_audio": "a.wav", "inpaint_start_time": 5, "inpaint_end_time": 5}""").ToRequest(),
            Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo("inpaint_end_time"));

    [Test]
    public void Parse_WithOneScaleOfTwo_SaysThatBothAreNeeded() =>
        Assert.That(() => Parse("""{"guidance_scale_text": 5}"""), Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo("guidance_scale_text"));

    [Test]
    public void ToRequest_OpensTheSourceAsItsCallerSays()
    {
        AudioBuffer sound = AudioBuffer.FromPlanar(new float[200], 2, 44100);
        string? asked = null;

        var request = (AudioToAudioRequest)Parse("""{"task": "audio2audio", "input_audio": "https://example.org/a.mp3"}""").ToRequest(address =>
        {
            asked = address;
            return sound;
        });

        Assert.That(asked, Is.EqualTo("https://example.org/a.mp3"));
        Assert.That(request.Source.ToString(), Is.EqualTo("audio"));
    }

    [Test]
    public void ToRequest_OfEveryTask_IsValid()
    {
        foreach (TaskCapability task in MusicPipeline.Capabilities.Tasks)
        {
            MusicRequest request = Parse($$"""{"task": "{{task.DeploymentTask}}", "input_audio": "a.wav", "inpaint_end_time": 4}""").ToRequest();
            Assert.That(() => MusicPipeline.Validate(request), Throws.Nothing, task.DeploymentTask);
        }
    }

    [Test]
    public void Notes_OfWhatHasNoEffect_SayIt()
    {
        Assert.That(Parse("""{"preserve_vocals": true}""").Notes, Has.One.StartsWith("preserve_vocals"));
        Assert.That(Parse("""{"task": "audio2audio", "input_audio": "a.wav", "reference_audio": "r.wav"}""").Notes, Has.One.StartsWith("reference_audio"));
        Assert.That(Parse("""{"task": "audio2audio", "reference_audio": "r.wav"}""").Notes, Is.Empty);
    }

    [Test]
    public void Messages_AreThePromisedOnes()
    {
        Assert.That(() => Parse("""{"audio_duration": 5}"""), Throws.TypeOf<InvalidRequestException>().With.Message.EqualTo("audio_duration: Invalid audio duration: must be 10 to 240; it is 5."));
        Assert.That(DeploymentMessages.Describe(new InvalidRequestException("Duration", "must be less.")), Is.EqualTo("Invalid audio duration: must be less."));
        Assert.That(DeploymentMessages.Describe(new InvalidRequestException("Lyrics", "are too long.")), Is.EqualTo("Tokenization error: Lyrics: are too long."));
        Assert.That(DeploymentMessages.Describe(new FileNotFoundException("It is gone.", Path.Combine("x", "vocab.json"))), Is.EqualTo("Tokenization error: It is gone."));
        Assert.That(DeploymentMessages.Describe(new CheckpointFormatException("a.safetensors", "must be shorter")), Does.StartWith("Model not loaded: ").And.Contains("must be shorter"));
        Assert.That(DeploymentMessages.Describe(new IOException("No disk."), isLoading: true), Is.EqualTo("Model not loaded: No disk."));
        Assert.That(DeploymentMessages.Describe(new IOException("No disk.")), Is.EqualTo("No disk."));
    }

    private static DeploymentInput Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return DeploymentInput.Parse(document.RootElement);
    }
}
