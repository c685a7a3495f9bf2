using AceStep.Audio;

namespace AceStep.Cli.Tests;

/// <summary>What is wrong with a command line or its files is said in one line, with the right exit code, before the model is loaded.</summary>
public sealed class UsageTests
{
    private static IEnumerable<TestCaseData> BrokenRules()
    {
        yield return Case("--bogus", "generate", "--bogus");
        yield return Case("bogus", "bogus");
        yield return Case("--steps", "generate", "--steps", "many");
        yield return Case("--steps", "generate", "--steps", "0");
        yield return Case("--duration", "generate", "--duration", "1000");
        yield return Case("--duration", "generate", "--duration", "NaN");
        yield return Case("--duration", "generate", "--duration", "1e300");
        yield return Case("--guidance-scale", "generate", "--guidance-scale", "-1");
        yield return Case("--guidance-interval", "generate", "--guidance-interval", "1,5");
        yield return Case("--guidance", "generate", "--guidance", "best");
        yield return Case("--scheduler", "generate", "--scheduler", "1");
        yield return Case("--own-steps", "generate", "--own-steps", "1,2", "--scheduler", "heun");
        yield return Case("--own-steps", "generate", "--own-steps", "1,b");
        yield return Case("--seed", "generate", "--seed", "-3");
        yield return Case("--seed", "generate", "--seed", "1,2", "--batch", "1");
        yield return Case("--sample-rate", "generate", "--sample-rate", "22050");
        yield return Case("--threads", "generate", "--threads", "0");
        yield return Case("--device", "generate", "--device", "quantum");
        yield return Case("--format", "generate", "--format", "aac");
        yield return Case("--output", "generate", "--output", "song.xyz");
        yield return Case("--sample-format", "generate", "--output", "song.mp3", "--sample-format", "pcm16");
        yield return Case("integers", "generate", "--output", "song.flac", "--sample-format", "float32");
        yield return Case("48000 Hz", "generate", "--output", "song.opus", "--sample-rate", "44100");
        yield return Case("--normalize must be -70 to 0 LUFS", "generate", "--normalize", "5");
        yield return Case("--normalize must be -70 to 0 LUFS", "generate", "--normalize", "NaN");
        yield return Case("--save-latents", "generate", "--save-latents", "");
        yield return Case("--lyrics-file", "generate", "--lyrics", "la", "--lyrics-file", "words.txt");
        yield return Case("--checkpoint", "generate", "--checkpoint", "");
        yield return Case("--source", "inpaint", "--start", "1", "--end", "2");
        yield return Case("--end", "inpaint", "--source", "absent.wav");
        yield return Case("--style", "accompany", "--source", "absent.wav", "--style", "polka");
        yield return Case("--guidance", "restyle", "--source", "absent.wav", "--guidance", "apg");

        static TestCaseData Case(string named, params string[] arguments) => new TestCaseData(named, arguments).SetArgDisplayNames(string.Join(' ', arguments));
    }

    [TestCaseSource(nameof(BrokenRules))]
    public void Run_WithABrokenRule_NamesTheOptionAndReturns2(string named, string[] arguments)
    {
        ProcessResult result = AceStepCommand.Run(arguments).Returning(2);

        Assert.That(result.Error, Does.StartWith("error: ").And.Contains(named).And.Not.Contains("   at "));
        Assert.That(result.Output, Is.Empty);
    }

    [TestCase("'generate'", "genrate")]
    [TestCase("'audio2audio'", "audio2audoi", "--source", "a.wav")]
    [TestCase("'--prompt'", "generate", "--promt", "funk")]
    [TestCase("'--guidance-scale'", "generate", "--guidence-scale", "3")]
    [TestCase("'--help'", "generate", "--hlep")]
    public void Run_WithAMistypedWord_SaysWhatMayBeMeant(string meant, params string[] arguments) =>
        Assert.That(AceStepProcess.Run(arguments).Returning(2).Error, Does.Contain($"Did you mean {meant}?"));

    [TestCase("xyzzy")]
    [TestCase("generate", "--bogus")]
    public void Run_WithAWordLikeNoOther_SuggestsNothing(params string[] arguments) =>
        Assert.That(AceStepProcess.Run(arguments).Returning(2).Error, Does.Not.Contain("Did you mean"));

    [TestCase("generate --scheduler ", "euler", "heun", "pingpong")]
    [TestCase("generate --decode ", "auto", "whole", "windowed")]
    [TestCase("accompany --style ja", "jazz")]
    public void Complete_OfAChoice_OffersTheWordsOfTheHelp(string line, params string[] words)
    {
        string[] offered = AceStepProcess.Run($"[suggest:{line.Length}]", line).Returning(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.That(offered, Is.EquivalentTo(words));
    }

    [Test]
    public void Run_WithABrokenRuleAndJson_WritesAnObjectWithTheError()
    {
        ProcessResult result = AceStepProcess.Run("generate", "--steps", "0", "--json").Returning(2);

        Assert.That(result.Json.GetProperty("error").GetString(), Does.Contain("--steps"));
        Assert.That(result.Json.GetProperty("exit_code").GetInt32(), Is.EqualTo(2));
    }

    [TestCase("no/such/folder/song.wav", "does not exist")]
    [TestCase(".", "it is a folder", "--format", "wav")]
    public void Generate_WithAnUnwritableOutput_SaysSoBeforeLoading(string output, string reason, params string[] more)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, output);

        ProcessResult result = AceStepCommand.Run(["generate", "--output", path, .. more]).Returning(1);

        Assert.That(result.Error, Does.StartWith("error: Cannot write").And.Contains(path).And.Contains(reason));
        Assert.That(result.Output, Is.Empty, "nothing is said of a checkpoint");
    }

    [Test]
    public void Generate_OntoAFullDisk_SaysSoAndLeavesNothing()
    {
        RequireLinux();
        using TemporaryFolder folder = new();
        using TemporaryFolder full = new();
        AceStepCommand.Run("generate", "--duration", "1.5", "--steps", "1", "--output", folder.File("song.wav"), "--save-latents", folder.File("song.latents")).Returning(0);
        foreach (string name in new[] { "song.wav", "song.flac", "song.ogg", "song.mp3" })
        {
            string path = full.File(name);
            File.WriteAllText(path, "older");

            ProcessResult result = AceStepProcess.RunComputingWithFilesUpTo(16, "audio2audio", "--source", folder.File("song.latents"), "--strength", "0", "--quiet", "--output", path).Returning(1);

            Assert.That(result.Error, Does.StartWith($"error: Cannot write {path}: ").And.Not.Contains(".tmp"));
            Assert.That(File.ReadAllText(path), Is.EqualTo("older"));
            File.Delete(path);
            Assert.That(full.Files, Is.Empty);
        }
    }

    [Test]
    public void Inspect_WithAPictureOnAFullDisk_SaysSoAndLeavesNothing()
    {
        RequireLinux();
        using TemporaryFolder folder = new();
        using TemporaryFolder full = new();
        AudioBuffer.FromPlanar([[0.1f, 0.2f, 0.3f]], 8000).Save(folder.File("sound.wav"));

        ProcessResult result = AceStepProcess.RunWithFilesUpTo(4, "inspect", folder.File("sound.wav"), "--png", full.File("sound.png")).Returning(1);

        Assert.That(result.Error, Does.StartWith($"error: Cannot write {full.File("sound.png")}: ").And.Not.Contains(".tmp"));
        Assert.That(full.Files, Is.Empty);
    }

    [TestCase("", "it is a folder")]
    [TestCase("absent/sound.png", "does not exist")]
    public void Inspect_WithAnUnwritablePicture_SaysWhy(string name, string reason)
    {
        using TemporaryFolder folder = new();
        AudioBuffer.FromPlanar([[0.1f, 0.2f, 0.3f]], 8000).Save(folder.File("sound.wav"));

        ProcessResult result = AceStepCommand.Run("inspect", folder.File("sound.wav"), "--png", Path.Combine(folder.Path, name)).Returning(1);

        Assert.That(result.Error, Does.StartWith("error: Cannot write").And.Contains(folder.Path).And.Contains(reason));
    }

    [Test]
    public void Inspect_OfAFolder_SaysSo()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepCommand.Run("inspect", folder.Path).Returning(1);

        Assert.That(result.Error, Does.Contain(folder.Path).And.Contains("is a folder"));
    }

    [Test]
    public void Generate_WithoutSuchACheckpoint_SaysWhereToGetOne()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run("generate", "--checkpoint", folder.File("absent"), "--output", folder.File("song.wav")).Returning(1);

        Assert.That(result.Error, Does.Contain(folder.File("absent")).And.Contains("ACE-Step/ACE-Step-v1-3.5B").And.Contains("8.3 GB").And.Contains("Apache-2.0"));
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void Generate_WithACheckpointNamedByTheEnvironment_UsesIt()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", "--output", folder.File("song.wav")], null, ("ACESTEP_CHECKPOINT", folder.File("elsewhere"))).Returning(1);

        Assert.That(result.Error, Does.Contain(folder.File("elsewhere")));
    }

    [Test]
    public void Generate_WithAnEmptyFolderAsCheckpoint_NamesWhatIsMissing()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepCommand.Run("generate", "--checkpoint", folder.Path, "--output", folder.File("song.wav")).Returning(1);

        Assert.That(result.Error, Does.Contain("ace_step_transformer").And.Contains("umt5-base"));
    }

    [Test]
    public void Generate_WithLyricsAndNoVocabulary_SaysWhereToGetIt()
    {
        using TemporaryFolder folder = new();
        string[] arguments = ["generate", "--lyrics", "[verse]\nla la", "--lyric-vocab", folder.File("vocab.json"), "--duration", "1", "--steps", "1", "--output", folder.File("song.wav")];

        ProcessResult result = AceStepCommand.Run(arguments).Returning(1);

        Assert.That(result.Error, Does.Contain(folder.File("vocab.json")).And.Contains("ace-step/ACE-Step"));
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void Generate_WithLyricsThatAreNoText_SaysSo()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("words.txt"), [0x5B, 0xFF, 0xFE, 0x80]);

        ProcessResult result = AceStepCommand.Run("generate", "--lyrics-file", folder.File("words.txt"), "--output", folder.File("song.wav")).Returning(2);

        Assert.That(result.Error, Does.Contain("UTF-8"));
    }

    [Test]
    public void Generate_WithEndlessLyricsOnStandardInput_ReadsNoMoreThanAllowed()
    {
        ProcessResult result = AceStepProcess.Run(["generate", "--lyrics-file", "-"], new string('a', 3_000_000)).Returning(2);

        Assert.That(result.Error, Does.Contain("--lyrics").And.Contains("1048577"));
    }

    [Test]
    public void Inpaint_WithASourceThatIsNoAudio_SaysSoBeforeLoading()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("source.wav"), "this is no sound");

        ProcessResult result = AceStepCommand.Run("inpaint", "--source", folder.File("source.wav"), "--end", "1", "--output", folder.File("song.wav")).Returning(1);

        Assert.That(result.Error, Does.Contain("source.wav"));
        Assert.That(result.Output, Is.Empty);
        Assert.That(folder.Files, Is.EqualTo(new[] { "source.wav" }));
    }

    [Test]
    public void Generate_WithoutSuchALora_SaysSoBeforeLoading()
    {
        ProcessResult result = AceStepCommand.Run("generate", "--lora", "absent:0.5", "--output", Path.Combine(Path.GetTempPath(), "acestep-never-written.wav")).Returning(1);

        Assert.That(result.Error, Does.Contain("There is no LoRA at absent."));
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public void Generate_WithACheckpointOrAPageAsLora_SaysSoBeforeLoading()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("lora.safetensors"), "<!doctype html><title>x</title>");
        foreach ((string path, string what) in new[] { (Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano"), "is a whole checkpoint: load it as one"), (folder.File("lora.safetensors"), "this is a web page") })
        {
            ProcessResult result = AceStepCommand.Run("generate", "--lora", path, "--output", folder.File("song.wav")).Returning(1);

            Assert.That(result.Error, Does.Contain(what));
            Assert.That(result.Output, Is.Empty);
        }
    }

    [Test]
    public void Generate_WithAPageAsVocabulary_SaysSoInPlainWords()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("vocab.json"), "<!doctype html><title>x</title>");

        ProcessResult result = AceStepProcess.Run(["lyrics", "-", "--vocab", folder.File("vocab.json")], "hello").Returning(1);

        Assert.That(result.Error, Does.StartWith($"error: {folder.File("vocab.json")} is not a lyric vocabulary: it must be JSON; this is a web page (HTML)"));
    }

    private static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Limits the size of files with Linux's means.");
        }
    }
}
