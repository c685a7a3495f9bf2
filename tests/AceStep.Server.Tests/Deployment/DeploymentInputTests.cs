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

        Assert.That(DeploymentInput.Fields.Select(field => input[field.Name]), Is.EqualTo(DeploymentInput.Fields.Select(field => field.Default)));
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

        Dictionary<string, object?> expected = new()
        {
            ["task"] = "vocal_accompaniment", ["prompt"] = "p", ["lyrics"] = "l", ["audio_duration"] = 12.5, ["input_audio"] = "in.wav", ["reference_audio"] = "ref.wav",
            ["continuation_mode"] = "extend_both", ["inpaint_start_time"] = 1.5, ["inpaint_end_time"] = 2.5, ["extend_duration"] = 6.0, ["style_prompt"] = "sp", ["style_lyrics"] = "sl",
            ["style_strength"] = 0.4, ["audio2audio_strength"] = 0.3, ["preserve_vocals"] = true, ["generate_accompaniment"] = true, ["accompaniment_style"] = "folk", ["infer_steps"] = 27L,
            ["guidance_scale"] = 7.0, ["scheduler_type"] = "pingpong", ["cfg_type"] = "cfg_star", ["omega_scale"] = 4.0, ["seed"] = 5L, ["variation_seed"] = 6L, ["variation_strength"] = 0.2,
            ["use_erg_tag"] = false, ["use_erg_lyric"] = false, ["use_erg_diffusion"] = false, ["guidance_scale_text"] = 5.0, ["guidance_scale_lyric"] = 2.0, ["lora_name_or_path"] = "rap",
            ["lora_weight"] = 0.5, ["output_format"] = "mp3", ["sample_rate"] = 44100L,
        };
        Assert.That(DeploymentInput.Fields.ToDictionary(field => field.Name, field => input[field.Name]), Is.EqualTo(expected));
        Assert.That((input.Task, input.Prompt, input.Seed, input.VariationSeed, input.Lora, input.LoraWeight, input.OutputFormat), Is.EqualTo((MusicTask.Accompaniment, "p", 5L, 6L, "rap", 0.5, AudioFormat.Mp3)));
    }

    /// <summary>The deployment as it was published: names, order, kinds, defaults, ranges, choices.</summary>
    [Test]
    public void Fields_AreThePublishedOnes_InTheirOrder()
    {
        Assert.That(
            DeploymentInput.Fields.Select(field => FormattableString.Invariant($"{field.Name}|{field.Kind}|{field.Default ?? "-"}|{field.Minimum}..{field.Maximum}|{string.Join(',', field.Choices)}")),
            Is.EqualTo(new[]
            {
                "task|Text|text2music|..|text2music,audio2audio,continuation,inpainting,style_transfer,vocal_accompaniment",
                "prompt|Text|Electronic dance music, upbeat, energetic|..|",
                "lyrics|Text||..|",
                "audio_duration|Number|30|10..240|",
                "input_audio|Audio|-|..|",
                "reference_audio|Audio|-|..|",
                "continuation_mode|Text|extend_end|..|extend_start,extend_end,extend_both,inpaint_middle",
                "inpaint_start_time|Number|0|0..|",
                "inpaint_end_time|Number|0|0..|",
                "extend_duration|Number|30|5..120|",
                "style_prompt|Text||..|",
                "style_lyrics|Text||..|",
                "style_strength|Number|0.7|0..1|",
                "audio2audio_strength|Number|0.5|0..1|",
                "preserve_vocals|Flag|False|..|",
                "generate_accompaniment|Flag|False|..|",
                "accompaniment_style|Text|matching|..|matching,jazz,rock,electronic,classical,pop,folk",
                "infer_steps|WholeNumber|60|20..100|",
                "guidance_scale|Number|15|1..30|",
                "scheduler_type|Text|euler|..|euler,heun,pingpong",
                "cfg_type|Text|apg|..|apg,cfg,cfg_star",
                "omega_scale|Number|10|1..20|",
                "seed|WholeNumber|-|0..|",
                "variation_seed|WholeNumber|-|0..|",
                "variation_strength|Number|0|0..1|",
                "use_erg_tag|Flag|True|..|",
                "use_erg_lyric|Flag|True|..|",
                "use_erg_diffusion|Flag|True|..|",
                "guidance_scale_text|Number|0|0..30|",
                "guidance_scale_lyric|Number|0|0..30|",
                "lora_name_or_path|Text|none|..|",
                "lora_weight|Number|1|0..2|",
                "output_format|Text|wav|..|wav,mp3,ogg",
                "sample_rate|WholeNumber|48000|..|44100,48000",
            }));
    }

    [Test]
    public void Parse_OfADefault_IsTheDefault_AndOfAnotherKindNamesTheField()
    {
        foreach (DeploymentField field in DeploymentInput.Fields)
        {
            string json = JsonSerializer.Serialize(new Dictionary<string, object?> { [field.Name] = field.Default });
            Assert.That(Parse(json)[field.Name], Is.EqualTo(field.Default), field.Name);
            Assert.That(() => Parse($$"""{"{{field.Name}}": []}"""), Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo(field.Name));
        }
    }

    [Test]
    public void EachDeclaredField_FillsItsFieldOfTheRequest()
    {
        // Whatever a request declares as the deployment's is written from the input of that name: another value there is another value here.
        foreach (RequestSchema schema in RequestSchema.All)
        {
            foreach (RequestField field in schema.Fields.Where(field => field.Declaration.Deployment is not null && field.Kind != FieldKind.Source))
            {
                DeploymentField input = DeploymentInput.Fields.Single(known => known.Name == field.Declaration.Deployment);
                string[] values = [.. Others(input)];
                Assert.That(values.Select(value => Written(schema, field, input.Name, value)).Distinct().Count(), Is.EqualTo(values.Length), $"{schema.Task}: {input.Name} to {field.Name}");
            }
        }
    }

    /// <summary>Two values that a field takes, neither its default.</summary>
    private static IEnumerable<string> Others(DeploymentField field) => field switch
    {
        { Choices.Count: > 0 } => field.Choices.Take(2).Select(choice => field.Kind == DeploymentFieldKind.Text ? $"\"{choice}\"" : choice),
        { Kind: DeploymentFieldKind.Text } => ["\"one\"", "\"two\""],
        { Kind: DeploymentFieldKind.Flag } => ["true", "false"],
        { Name: "inpaint_start_time" } => ["1", "2"],
        _ => ((string[])["21", "29"]).Select(value => field.Maximum <= 2 ? "0." + value : field.Maximum < 29 ? value[1..] : value),
    };

    private static string Written(RequestSchema schema, RequestField field, string name, string value)
    {
        Dictionary<string, string> input = new()
        {
            ["task"] = $"\"{schema.Capability.DeploymentTask}\"", ["input_audio"] = "\"a.wav\"", ["inpaint_end_time"] = "4", ["continuation_mode"] = "\"extend_both\"",
        };
        if (schema.Task == MusicTask.Variation)
        {
            input["variation_strength"] = "0.5";
        }

        if (name.StartsWith("guidance_scale_", StringComparison.Ordinal))
        {
            (input["guidance_scale_text"], input["guidance_scale_lyric"]) = ("3", "3");
        }

        input[name] = value;
        MusicRequest request = Parse($"{{{string.Join(',', input.Select(entry => $"\"{entry.Key}\":{entry.Value}"))}}}").ToRequest();
        Assert.That(request.Task, Is.EqualTo(schema.Task));
        return FieldText.OfDefault(field.Read(request));
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
    [TestCase("output_format", "\"flac\"", "wav, mp3 or ogg")]
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
            Throws.TypeOf<InvalidRequestException>().With.Message.StartsWith("inpaint_end_time: inpaint_end_time must be after inpaint_start_time by at least one latent frame"));

    [Test]
    public void ToRequest_WithOneScaleOfTwo_SaysThatBothAreNeeded() =>
        Assert.That(
            () => Parse("""{"guidance_scale_text": 5}""").ToRequest(),
            Throws.TypeOf<InvalidRequestException>().With.Message.StartsWith("guidance_scale_text: guidance_scale_text and guidance_scale_lyric must both be above 1, or both be 0"));

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
            DeploymentInput input = Parse($$"""{"task": "{{task.DeploymentTask}}", "input_audio": "a.wav", "inpaint_end_time": 4}""");
            Assert.That(() => MusicPipeline.Validate(input.ToRequest()), Throws.Nothing, task.DeploymentTask);
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
    public void Notes_OfAFieldOfAnotherTask_SayWhichTasksReadIt() =>
        Assert.That(
            Parse("""{"style_prompt": "jazz", "variation_seed": 3, "infer_steps": 27, "extend_duration": 30}""").Notes,
            Is.EqualTo(new[]
            {
                "style_prompt has no effect: the task is text_to_music; it is used only by style_transfer.",
                "variation_seed has no effect: the task is text_to_music; it is used only by variation, continuation, inpainting or style_transfer.",
            }));

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
