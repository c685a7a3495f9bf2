using System.Text.Json;

namespace AceStep.Cli.Tests;

/// <summary>Words and numbers as people type them, and what is said of them.</summary>
public sealed class WordsAndNumbersTests
{
    private static readonly string[] Quick = ["--prompt", "bells", "--duration", "1", "--steps", "3", "--sample-rate", "44100", "--device", "cpu"];

    [Test]
    public void Generate_GuidanceScaleBeyondFloats_FailsWithoutAFile()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", .. Quick, "--guidance-scale", "1e40", "--output", folder.File("song.wav"), "--json"]).Returning(1);

        Assert.That(folder.Files, Is.Empty);
        Assert.That(result.Json.GetProperty("error").GetString(), Does.Contain("NaN or infinity").And.Contain("guidance scale of 1E+40").And.Contain("of 3"));
    }

    [Test]
    public void Generate_SeedsWithBlanks_AreRead()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", .. Quick, "--batch", "2", "--seed", "1, 2", "--output", folder.File("song.wav"), "--json"]).Returning(0);

        Assert.That(result.Json.GetProperty("songs").EnumerateArray().Select(song => song.GetProperty("seed").GetInt64()), Is.EqualTo((long[])[1, 2]));
    }

    [Test]
    public void Generate_SeedBeyond63Bits_IsExplained() =>
        Assert.That(
            AceStepProcess.Run("generate", "--seed", "18446744073709551615").Returning(2).Error,
            Does.Contain("--seed takes seeds, each a whole number from 0 to 9223372036854775807, which is what 63 bits hold, not '18446744073709551615'."));

    [Test]
    public void Generate_WordsOfEveryKind_AreWarnedOfOnStandardErrorAndInJson()
    {
        using TemporaryFolder folder = new();
        string prompt = string.Join(' ', Enumerable.Range(0, 300).Select(i => $"w{i}"));

        ProcessResult result = AceStepProcess.Run(
            ["generate", "--duration", "1", "--steps", "2", "--sample-rate", "44100", "--device", "cpu", "--prompt", prompt, "--lyrics", "[Verse 1]\nTodo cambia", "--language", "es", "--batch", "2", "--seed", "4", "--output", folder.File("song.wav"), "--json"]).Returning(0);

        string[] warnings = [.. result.Json.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!)];
        Assert.That(warnings, Has.One.Contains("the model reads at most 255").And.One.Contains("line 1 of the lyrics: \"[Verse 1]\" is not a structure tag").And.One.Contains("songs 1, 2 have the same seed, 4"));
        foreach (string warning in warnings)
        {
            Assert.That(result.Error, Does.Contain($"warning: {warning}"));
        }
    }

    [Test]
    public void Restyle_LanguageAndTidying_AreOptionsOfEveryTask()
    {
        foreach (string command in (string[])["generate", "vary", "audio2audio", "continue", "inpaint", "restyle", "accompany"])
        {
            Assert.That(AceStepProcess.Run(command, "--help").Returning(0).Output, Does.Contain("--language en|de|fr").And.Contain("--language-marks").And.Contain("--tidy-lyrics"));
        }

        Assert.That(AceStepProcess.Run("generate", "--language", "xx").Returning(2).Error, Does.Contain("--language takes one of en, de, fr"));
    }

    [Test]
    public void Lyrics_Tidied_ShowsWhatIsSung()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("words.txt"), "[ti:Song]\n[00:01.00]**[Chorus]**\n[00:02.00]Todo cambia\n");

        JsonElement lines = AceStepProcess.Run("lyrics", folder.File("words.txt"), "--language", "es", "--tidy-lyrics", "--json").Returning(0).Json.GetProperty("lines");

        Assert.That(lines.EnumerateArray().Select(line => line.GetProperty("cleaned").GetString()), Is.EqualTo((string[])["", "[chorus]", "todo cambia", ""]));
    }

    [Test]
    public void Info_FileOfSomethingElse_SaysWhatItIs()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("model.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 6611422728\n");

        Assert.That(AceStepProcess.Run("info", folder.File("model.safetensors")).Returning(1).Error, Does.Contain("a Git LFS pointer").And.Contain("git lfs pull"));
    }
}
