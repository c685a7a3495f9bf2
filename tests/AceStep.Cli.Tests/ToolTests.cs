using System.Diagnostics;
using System.Text.Json;
using AceStep.Audio;

namespace AceStep.Cli.Tests;

/// <summary>The commands that make no songs.</summary>
public sealed class ToolTests
{
    [Test]
    public void Info_OfTheDemonstrationCheckpoint_ListsItsParts()
    {
        JsonElement info = AceStepCommand.Run("info", "--json").Returning(0).Json;

        Assert.That(info.GetProperty("is_usable").GetBoolean(), Is.True);
        Assert.That(info.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "transformer", "autoencoder", "vocoder", "text encoder", "text tokenizer", "lyric vocabulary" }));
        Assert.That(info.GetProperty("parameters").GetInt64(), Is.EqualTo(6_942_604), "what the files' headers add up to");
        Assert.That(info.GetProperty("parts")[0].GetProperty("types").EnumerateArray().Select(type => type.GetString()), Is.EqualTo(new[] { "bfloat16" }));
    }

    [Test]
    public void InfoAndGenerate_OnARepositoryInTheHubsCache_SayWhichSnapshotTheyTook()
    {
        const string Main = "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c";
        using TemporaryFolder folder = new();
        string repository = folder.Folder("models--ACE-Step--ACE-Step-v1-3.5B");
        string nano = Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano");
        Copy(nano, Path.Combine(repository, "snapshots", Main));
        Copy(nano, Path.Combine(repository, "snapshots", "0123456789012345678901234567890123456789"));
        folder.Write(Path.Combine("models--ACE-Step--ACE-Step-v1-3.5B", "refs", "main"), Main);
        string snapshot = Path.Combine(repository, "snapshots", Main);
        string line = $"Snapshot: {Main} (branch main) in {repository}";

        Assert.That(AceStepCommand.Run("info", repository).Returning(0).Output, Does.Contain(line));
        Assert.That(AceStepCommand.Run("info", folder.Path).Returning(0).Output, Does.Contain(line));
        Assert.That(AceStepCommand.Run("info", snapshot).Returning(0).Output, Does.Not.Contain("Snapshot: "));
        Assert.That(AceStepCommand.Run("info", repository, "--json").Returning(0).Json.GetProperty("path").GetString(), Is.EqualTo(snapshot));
        string[] generate = ["generate", "--checkpoint", repository, "--duration", "1", "--steps", "1", "--output", folder.File("song.wav")];
        Assert.That(AceStepCommand.Run(generate).Returning(0).Output, Does.Contain(line));
        Assert.That(AceStepCommand.Run([.. generate, "--json"]).Returning(0).Json.GetProperty("checkpoint").GetString(), Is.EqualTo(snapshot));
    }

    [Test]
    public void Info_OnAFolderAboveACheckpoint_SaysWhereItIs()
    {
        using TemporaryFolder folder = new();
        Copy(Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano"), folder.File("models", "ace"));

        Assert.That(AceStepCommand.Run("info", folder.Path).Returning(0).Output, Does.Contain($"Found in: {folder.File("models", "ace")}"));
    }

    [Test]
    public void Info_OfAnIncompleteCheckpoint_SaysWhatIsMissing()
    {
        using TemporaryFolder folder = new();
        Copy(ReferenceData.Require("checkpoint-tiny"), folder.Path);
        File.Delete(Path.Combine(folder.Path, "music_vocoder", "config.json"));
        File.Delete(Path.Combine(folder.Path, "umt5-base", "model.safetensors"));
        string transformer = Path.Combine(folder.Path, "ace_step_transformer", "diffusion_pytorch_model.safetensors");
        using (FileStream file = File.OpenWrite(transformer))
        {
            file.SetLength(file.Length - 1);
        }

        JsonElement info = AceStepCommand.Run("info", folder.Path, "--json").Returning(1).Json;

        Dictionary<string, string?> problems = info.GetProperty("parts").EnumerateArray().ToDictionary(
            part => part.GetProperty("name").GetString()!, part => part.TryGetProperty("problem", out JsonElement problem) ? problem.GetString() : null);
        Assert.That(problems["vocoder"], Does.Contain("missing"));
        Assert.That(problems["text encoder"], Does.Contain("missing"));
        Assert.That(problems["transformer"], Does.Contain(transformer));
        Assert.That(problems["autoencoder"], Is.Null);
        Assert.That(info.GetProperty("is_usable").GetBoolean(), Is.False);
    }

    [Test]
    public void Info_OfACheckpointWithAnotherPartsWeights_NamesTensors()
    {
        using TemporaryFolder folder = new();
        string tiny = ReferenceData.Require("checkpoint-tiny");
        Copy(tiny, folder.Path);
        File.Copy(Path.Combine(tiny, "music_dcae_f8c8", "diffusion_pytorch_model.safetensors"), Path.Combine(folder.Path, "music_vocoder", "diffusion_pytorch_model.safetensors"), overwrite: true);

        ProcessResult result = AceStepCommand.Run("info", folder.Path).Returning(1);

        Assert.That(result.Error, Does.Contain("vocoder: ").And.Contains("missing: ").And.Contains("unexpected: "));
        Assert.That(result.Output, Does.Contain("cannot be loaded"));
    }

    [Test]
    public void Info_OfComfyUisFile_ReadsIt()
    {
        JsonElement info = AceStepCommand.Run("info", ReferenceData.Require("comfyui", "all_in_one.safetensors"), "--json").Json;

        Assert.That(info.GetProperty("is_single_file").GetBoolean(), Is.True);
        Assert.That(info.GetProperty("parts").GetArrayLength(), Is.EqualTo(6));
        Assert.That(info.GetProperty("parts")[3].GetProperty("types")[0].GetString(), Is.EqualTo("float16"));
    }

    [Test]
    public void Doctor_Here_SaysWhatItFound()
    {
        JsonElement diagnosis = AceStepProcess.Run("doctor", "--json").Returning(0).Json;

        Assert.That(diagnosis.GetProperty("libtorch").GetString(), Does.Match(@"^[12]\.\d+"));
        Assert.That(diagnosis.GetProperty("threads").GetInt32(), Is.GreaterThan(0));
        Assert.That(diagnosis.GetProperty("gigaflops").GetDouble(), Is.GreaterThan(0.1));
        Assert.That(diagnosis.GetProperty("cpu_capability").GetString(), Is.Not.Empty);
        Assert.That(diagnosis.GetProperty("cuda_devices").GetInt32(), Is.GreaterThanOrEqualTo(0));
        Assert.That(diagnosis.GetProperty("is_demonstration").GetBoolean(), Is.True);
        Assert.That(Directory.Exists(diagnosis.GetProperty("checkpoint").GetString()), Is.True);
        Assert.That(diagnosis.GetProperty("warnings").ValueKind, Is.EqualTo(JsonValueKind.Array));
    }

    [Test]
    public void Lyrics_OfASong_ShowsWhatBecomesOfEachLine()
    {
        JsonElement report = AceStepProcess.Run(["lyrics", "-", "--json"], "[verse]\nHello 2 you\nGuten Morgen, liebe Sorgen\n").Returning(0).Json;

        JsonElement[] lines = [.. report.GetProperty("lines").EnumerateArray()];
        Assert.That(lines.Select(line => line.GetProperty("text").GetString()), Is.EqualTo(new[] { "[verse]", "Hello 2 you", "Guten Morgen, liebe Sorgen", "" }));
        Assert.That(lines[1].GetProperty("cleaned").GetString(), Is.EqualTo("hello two you"));
        Assert.That(lines[2].GetProperty("language").GetString(), Is.EqualTo("de"));
        Assert.That(lines[1].GetProperty("ids").GetArrayLength(), Is.GreaterThan(3));
        Assert.That(lines[1].GetProperty("warnings").GetArrayLength(), Is.Zero);
        Assert.That(report.GetProperty("ids").GetArrayLength(), Is.GreaterThan(lines.Sum(line => line.GetProperty("ids").GetArrayLength())), "line ends count, too");
    }

    [Test]
    public void Lyrics_WithAForcedLanguage_UsesIt()
    {
        JsonElement report = AceStepProcess.Run(["lyrics", "-", "--language-marks", "--json"], "[lang:fr]2 amis\n2 amis").Returning(0).Json;

        Assert.That(report.GetProperty("lines")[0].GetProperty("cleaned").GetString(), Is.EqualTo("deux amis"));
        report = AceStepProcess.Run(["lyrics", "-", "--language", "de", "--json"], "2").Returning(0).Json;
        Assert.That(report.GetProperty("lines")[0].GetProperty("cleaned").GetString(), Is.EqualTo("zwei"));
    }

    [Test]
    public void Lyrics_AsATable_HasALineForEach()
    {
        ProcessResult result = AceStepProcess.Run(["lyrics", "-"], "[chorus]\nla la la").Returning(0);

        Assert.That(result.Output, Does.Contain("Language").And.Contains("la la la").And.Contains("tokens in 2 lines"));
    }

    [Test]
    public void Lyrics_WithoutSuchAFile_SaysSo() =>
        Assert.That(AceStepCommand.Run("lyrics", "absent.txt").Returning(1).Error, Does.Contain("absent.txt"));

    [Test]
    public void Inspect_OfASound_MeasuresAndDrawsIt()
    {
        using TemporaryFolder folder = new();
        AudioFile.Save(Sine(), folder.File("sine.wav"));

        ProcessResult result = AceStepCommand.Run("inspect", folder.File("sine.wav"), "--json", "--png", folder.File("sine.png")).Returning(0);

        JsonElement sound = result.Json.GetProperty("sound");
        Assert.That(sound.GetProperty("peak_db").GetDouble(), Is.EqualTo(-6.02).Within(0.05));
        Assert.That(sound.GetProperty("loudness_lufs").GetDouble(), Is.EqualTo(-6.02).Within(0.3), "a stereo sine of 1 kHz is as loud as its peak");
        Assert.That(result.Json.GetProperty("seconds").GetDouble(), Is.EqualTo(1));
        Assert.That(File.ReadAllBytes(folder.File("sine.png")).AsSpan(1, 3).ToArray(), Is.EqualTo("PNG"u8.ToArray()));
    }

    [Test]
    public void Inspect_WithoutJson_DrawsInText()
    {
        using TemporaryFolder folder = new();
        AudioFile.Save(Sine(), folder.File("sine.wav"));

        ProcessResult result = AceStepCommand.Run("inspect", folder.File("sine.wav")).Returning(0);

        Assert.That(result.Output, Does.Contain("Loudness: -6.0 LUFS").And.Contains("█"));
    }

    [Test]
    public void Inspect_OfSilence_WritesValidJson()
    {
        using TemporaryFolder folder = new();
        AudioFile.Save(AudioBuffer.FromPlanar(new float[2 * 44100], 2, 44100), folder.File("silence.wav"));

        JsonElement sound = AceStepCommand.Run("inspect", folder.File("silence.wav"), "--json").Returning(0).Json.GetProperty("sound");

        Assert.That(sound.TryGetProperty("peak_db", out _), Is.False, "minus infinity is no JSON");
        Assert.That(sound.GetProperty("silent_share").GetDouble(), Is.EqualTo(1));
    }

    [Test]
    public void Inspect_OfSamplesThatAreNoNumbers_CountsThemAndMeasuresTheRest()
    {
        using TemporaryFolder folder = new();
        float[] samples = [.. Enumerable.Range(0, 48000).Select(n => n is 7 ? float.NaN : n is 9 ? float.PositiveInfinity : 0.5f * MathF.Sin(2 * MathF.PI * 1000 * n / 48000))];
        AudioFile.Save(AudioBuffer.FromPlanar([samples, samples], 48000), folder.File("nan.wav"));

        JsonElement sound = AceStepProcess.Run("inspect", folder.File("nan.wav"), "--json", "--png", folder.File("nan.png")).Returning(0).Json.GetProperty("sound");

        Assert.That(sound.GetProperty("non_finite_samples").GetInt32(), Is.EqualTo(4));
        Assert.That(sound.GetProperty("peak_db").GetDouble(), Is.EqualTo(-6.02).Within(0.05));
        Assert.That(sound.GetProperty("centroid_hz").GetDouble(), Is.EqualTo(1000).Within(50));
        Assert.That(AceStepProcess.Run("inspect", folder.File("nan.wav")).Returning(0).Output, Does.Contain("4 samples are NaN or infinite"));
    }

    [Test]
    public void Inspect_OfHugeSamples_WritesValidJson()
    {
        using TemporaryFolder folder = new();
        float[] samples = [.. Enumerable.Range(0, 48000).Select(n => n % 2 == 0 ? 3e38f : -3e38f)];
        AudioFile.Save(AudioBuffer.FromPlanar([samples], 48000), folder.File("huge.wav"));
        JsonElement sound = AceStepProcess.Run("inspect", folder.File("huge.wav"), "--json").Returning(0).Json.GetProperty("sound");
        Assert.That(sound.GetProperty("peak_db").GetDouble(), Is.EqualTo(769.54).Within(0.1));
        Assert.That(AceStepProcess.Run("inspect", folder.File("huge.wav")).Returning(0).Output, Does.Contain("dBFS"));
    }

    [Test]
    public void Inspect_OfStandardInput_MeasuresIt()
    {
        using Process process = AceStepProcess.Start(["inspect", "-", "--json"]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(Sine().Encode(AudioFormat.Wav));
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.That(JsonDocument.Parse(output.Result).RootElement.GetProperty("seconds").GetDouble(), Is.EqualTo(1));
    }

    [Test]
    public void Inspect_OfWhatIsNoSound_SaysSo()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("words.wav"), "no sound");

        Assert.That(AceStepProcess.Run("inspect", folder.File("words.wav")).Returning(1).Error, Does.StartWith("error: ").And.Contains("words.wav"));
    }

    private static AudioBuffer Sine()
    {
        float[] samples = [.. Enumerable.Range(0, 48000).Select(n => 0.5f * MathF.Sin(2 * MathF.PI * 1000 * n / 48000))];
        return AudioBuffer.FromPlanar([samples, samples], 48000);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
