using AceStep.Schedulers;

namespace AceStep.Core.Tests;

/// <summary>What a user should know of a result stands in it, whatever the task.</summary>
public sealed class ResultWarningTests : PipelineFixture
{
    [Test]
    public async Task Generate_LongPrompt_SaysHowMuchIsReadAndWhereItIsCut()
    {
        string prompt = string.Join(' ', Enumerable.Range(0, 400).Select(i => $"w{i}"));

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic with { Prompt = prompt, Lyrics = "" });
        MusicResult whole = await Pipeline.TextToMusicAsync(TextToMusic with { Prompt = prompt + " and more", Lyrics = "" });

        MusicWarning warning = result.Warnings.Single();
        Assert.That(warning.Kind, Is.EqualTo(MusicWarningKind.Prompt));
        Assert.That(warning.Message, Does.Match(@"the prompt has [0-9]+ tokens, but the model reads at most 255: it is cut after "".{2,41}"", and [0-9]+ of its 1889 characters are not read"));
        Assert.That(whole.Songs[0].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.True, "what comes after the cut has no effect");
    }

    [Test]
    public async Task Generate_PromptThatIsRead_IsNotWarnedOf() =>
        Assert.That((await Pipeline.TextToMusicAsync(TextToMusic with { Prompt = "funk, 110 bpm, warm bass", Lyrics = "" })).Warnings, Is.Empty);

    [Test]
    public async Task Generate_OneSeedForSeveralSongs_SaysThatTheyAreEqual()
    {
        GenerationSettings three = Quick with { BatchSize = 3 };

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = "", Seed = [7, 8, 7], Generation = three });

        MusicWarning warning = result.Warnings.Single();
        Assert.That((warning.Kind, warning.Message), Is.EqualTo((MusicWarningKind.Seeds, "songs 1, 3 have the same seed, 7, and are identical; give each song its own seed, or none")));
        Assert.That(result.Songs[2].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.True);
        Assert.That(result.Songs[1].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.False);
    }

    [Test]
    public async Task Generate_SongsThatDifferAllTheSame_AreNotWarnedOf()
    {
        GenerationSettings two = Quick with { BatchSize = 2 };
        MusicResult drawn = await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = "", Seed = Seeds.Random, Generation = two });
        MusicResult varied = await Pipeline.VaryAsync(new VariationRequest { Prompt = "funk", Duration = Short, Seed = 1, VariationSeed = [2, 3], Generation = two });
        MusicResult pingpong = await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = "", Seed = 1, Generation = two with { Scheduler = SchedulerKind.PingPong } });

        foreach (MusicResult result in (MusicResult[])[drawn, varied, pingpong])
        {
            Assert.That(result.Warnings, Is.Empty);
            Assert.That(result.Songs[1].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.False);
        }
    }

    [Test]
    public async Task Transfer_OneVariationSeed_SaysThatTheSongsAreEqual()
    {
        MusicResult result = await Pipeline.TransferStyleAsync(
            new StyleTransferRequest { Prompt = "funk", TargetPrompt = "techno", Source = Tones, Seed = [1, 2], VariationSeed = 9, Generation = Quick with { BatchSize = 2 } });

        Assert.That(result.Warnings.Single().Message, Does.Contain("the same seed, 9"));
        Assert.That(result.Songs[1].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.True);
    }

    [Test]
    public async Task Inpaint_WholeSourceWithPingpong_IsNotWarnedOf([Values] bool isWhole)
    {
        InpaintingRequest request = new()
        {
            Prompt = "funk", Source = Tones, End = LatentFrames.ToTime(isWhole ? 12 : 9) + TimeSpan.FromMilliseconds(1), Strength = 1, Seed = 1, VariationSeed = 2,
            Generation = Quick with { BatchSize = 2, Scheduler = SchedulerKind.PingPong },
        };

        MusicResult result = await Pipeline.InpaintAsync(request);

        // Pingpong draws noise for the whole batch; where a part of the source is kept, the steps are Euler's.
        Assert.That(result.Songs[1].Latents.Values.SequenceEqual(result.Songs[0].Latents.Values), Is.EqualTo(!isWhole));
        Assert.That(result.Warnings.Count(warning => warning.Kind == MusicWarningKind.Seeds), Is.EqualTo(isWhole ? 0 : 1));
    }

    [Test]
    public async Task Generate_LyricsOfANamedLanguage_AreReadInIt()
    {
        const string Lyrics = "Ven aquí\nTodo cambia\n[lang:it] Gira il mondo";
        MusicResult found = await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = Lyrics });
        MusicResult named = await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = Lyrics, LyricLanguage = "es", LyricLanguageMarks = true });

        Assert.That(named.Lyrics.Select(line => line.Language), Is.EqualTo((string[])["es", "es", "it"]));
        Assert.That(found.Lyrics.Select(line => line.Language), Is.Not.EqualTo((string[])["es", "es", "it"]));
        Assert.That(named.Songs[0].Latents.Settings["lyric_language"], Is.EqualTo("es"));
        Assert.That(named.Songs[0].Latents.Values.SequenceEqual(found.Songs[0].Latents.Values), Is.False);
    }

    [Test]
    public async Task Transfer_TidiedLyrics_AreReadSoInBothTexts()
    {
        StyleTransferRequest request = new()
        {
            Prompt = "funk", Lyrics = "[Verse 1]\nNeon lights", TargetPrompt = "techno", TargetLyrics = "**[Chorus]**\nNeon nights", Source = Tones, VariationSeed = 3, Generation = Quick,
        };

        MusicResult told = await Pipeline.TransferStyleAsync(request);
        MusicResult tidied = await Pipeline.TransferStyleAsync(request with { TidyLyrics = true });

        Assert.That(told.Warnings.Select(warning => warning.Message), Has.One.Contains("line 1 of the lyrics: \"[Verse 1]\"").And.One.Contains("line 1 of the target lyrics: \"[Chorus]\""));
        Assert.That(tidied.Lyrics[0].Text, Is.EqualTo("[chorus]"));
        Assert.That(tidied.Warnings.Select(warning => warning.Kind), Is.All.EqualTo(MusicWarningKind.Lyrics));
        Assert.That(tidied.Warnings[0].Message, Does.Contain("it was written \"[Verse 1]\""));
    }

    [TestCase("xx")]
    [TestCase("")]
    [TestCase("Spanish")]
    public void Validate_LanguageThatIsNotSung_IsRefusedByField(string language)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => MusicPipeline.Validate(TextToMusic with { LyricLanguage = language }))!;

        Assert.That(error.Field, Is.EqualTo("LyricLanguage"));
        Assert.That(error.Message, Does.Contain("en, de, fr"));
    }

    [Test]
    public async Task LoadLoraAsync_BehindARequest_WaitsWithoutBlockingAndCanBeCancelled()
    {
        string path = Path.Combine(Path.GetDirectoryName(TinyCheckpoint)!, "lora", "plain");
        using CancellationTokenSource stop = new();
        Task<MusicResult> song = Pipeline.TextToMusicAsync(TextToMusic);
        Task<Lora> cancelled = Pipeline.LoadLoraAsync(path, cancellationToken: stop.Token);
        Task<Lora> loading = Pipeline.LoadLoraAsync(path, 0.5);
        await stop.CancelAsync();

        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        Lora lora = await loading;
        Assert.That(song.IsCompleted, Is.True);
        await Pipeline.SetLoraWeightAsync(lora, 0.25);
        Assert.That((lora.Weight, Pipeline.Loras.Count), Is.EqualTo((0.25, 1)));
        await Pipeline.UnloadLoraAsync(lora);
        Assert.That(Pipeline.Loras, Is.Empty);
    }
}
