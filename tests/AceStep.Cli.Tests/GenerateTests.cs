using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Audio;

namespace AceStep.Cli.Tests;

/// <summary>Songs from the checkpoint that comes with the program.</summary>
public sealed class GenerateTests
{
    private static readonly string[] Quick = ["--prompt", "techno, 128 bpm, drums, bass", "--duration", "1.5", "--steps", "3", "--seed", "1"];

    [Test]
    public void Generate_WithoutACheckpoint_WritesASongAndSaysWhatItComesFrom()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", .. Quick, "--output", folder.File("song.wav")]).Returning(0);

        AudioBuffer song = AudioFile.Load(folder.File("song.wav"));
        Assert.That(song.SampleRate, Is.EqualTo(48000));
        Assert.That(song.Channels, Is.EqualTo(2));
        Assert.That(song.Duration.TotalSeconds, Is.EqualTo(16 * 4096 / 44100.0).Within(1e-3), "1.5 s are 16 whole latent frames");
        Assert.That(result.Output, Does.Contain("demonstration checkpoint").And.Contains("not the released ACE-Step model").And.Contains("ACE-Step/ACE-Step-v1-3.5B"));
        Assert.That(result.Output, Does.Contain("Seed: 1").And.Contains("x real time").And.Contains("Peak memory: ").And.Contains("Denoising: 3 of 3"));
        Assert.That(result.Error, Is.Empty);
        Assert.That(folder.Files, Is.EqualTo(new[] { "song.wav" }));
    }

    [Test]
    public void Generate_WithJson_WritesOneObject()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", .. Quick, "--output", folder.File("song.wav"), "--json"]).Returning(0);

        JsonElement report = result.Json;
        JsonElement song = report.GetProperty("songs").EnumerateArray().Single();
        Assert.That(song.GetProperty("file").GetString(), Is.EqualTo(folder.File("song.wav")));
        Assert.That(song.GetProperty("seed").GetInt64(), Is.EqualTo(1));
        Assert.That(song.GetProperty("sample_rate").GetInt32(), Is.EqualTo(48000));
        Assert.That(song.GetProperty("seconds").GetDouble(), Is.EqualTo(1.486).Within(1e-3));
        Assert.That(song.GetProperty("sound").GetProperty("peak_db").GetDouble(), Is.LessThan(6));
        Assert.That(report.GetProperty("is_demonstration").GetBoolean(), Is.True);
        Assert.That(report.GetProperty("device").GetString(), Is.EqualTo("cpu").Or.StartsWith("cuda"));
        Assert.That(report.GetProperty("steps").GetInt32(), Is.EqualTo(3));
        Assert.That(report.GetProperty("timings").GetProperty("denoising").GetDouble(), Is.GreaterThan(0));
        Assert.That(report.GetProperty("real_time_factor").GetDouble(), Is.GreaterThan(0));
        Assert.That(report.GetProperty("peak_memory_bytes").GetInt64(), Is.GreaterThan(14_000_000), "more than the weights");
        Assert.That(result.Error, Does.Contain("demonstration checkpoint"), "words go to standard error");
    }

    [TestCase("wav")]
    [TestCase("json", "--json")]
    public void Generate_ToStandardOutput_WritesTheSongThereAndAllElseToStandardError(string kind, params string[] more)
    {
        using TemporaryFolder folder = new();
        using Process process = AceStepProcess.Start(["generate", .. Quick, "--output", "-", .. more]);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using MemoryStream song = new();
        process.StandardOutput.BaseStream.CopyTo(song);
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        song.Position = 0;
        Assert.That(AudioFile.Load(song).Duration.TotalSeconds, Is.EqualTo(1.486).Within(1e-3));
        Assert.That(errors.Result, Does.Contain("demonstration checkpoint").And.Contains(kind == "json" ? "\"file\": \"-\"" : "Seed: 1"));
    }

    [Test]
    public void Generate_TwoSongsToStandardOutput_IsRefused() =>
        Assert.That(AceStepProcess.Run(["generate", .. Quick, "--batch", "2", "--output", "-"]).Returning(2).Error, Does.Contain("--output - writes one song"));

    [Test]
    public void Generate_FromAPipeThatIsCut_WarnsInTheReport()
    {
        using TemporaryFolder folder = new();
        byte[] file = AudioBuffer.FromPlanar(new float[2 * 44100], 2, 44100).Encode(AudioFormat.Wav, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
        using Process process = AceStepProcess.Start(["audio2audio", "--prompt", "techno", "--steps", "2", "--seed", "1", "--source", "-", "--output", folder.File("song.wav"), "--json"]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(file.AsSpan(0, file.Length - 1));
        process.StandardInput.Close();
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        const string Warning = "the stream: the last frame has 3 of 4 bytes and is dropped.";
        Assert.That(JsonDocument.Parse(output.Result).RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()), Is.EqualTo(new[] { Warning }));
        Assert.That(errors.Result, Does.Contain($"warning: {Warning}"));
    }

    [Test]
    public void Generate_WithQuiet_WritesNothingButTheSong()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepProcess.Run(["generate", .. Quick, "--output", folder.File("song.wav"), "--quiet"]).Returning(0);

        Assert.That(result.Output, Is.Empty);
        Assert.That(result.Error, Is.Empty);
        Assert.That(folder.Files, Is.EqualTo(new[] { "song.wav" }));
    }

    [Test]
    public void Generate_OfABatch_NumbersTheFilesAndTakesASeedForEach()
    {
        using TemporaryFolder folder = new();
        string[] arguments =
        [
            "generate", "--prompt", "bells", "--duration", "1", "--steps", "2", "--batch", "2", "--seed", "5,6", "--output", folder.File("song.wav"), "--save-latents", folder.File("song.latents"), "--json",
        ];

        ProcessResult result = AceStepCommand.Run(arguments).Returning(0);

        Assert.That(folder.Files, Is.EqualTo(new[] { "song-1.latents", "song-1.wav", "song-2.latents", "song-2.wav" }));
        Assert.That(result.Json.GetProperty("songs").EnumerateArray().Select(song => song.GetProperty("seed").GetInt64()), Is.EqualTo(new[] { 5L, 6L }));
        Assert.That(File.ReadAllBytes(folder.File("song-1.wav")), Is.Not.EqualTo(File.ReadAllBytes(folder.File("song-2.wav"))));
    }

    [Test]
    public void Generate_TwiceWithOneSeed_WritesTheSameSamples()
    {
        using TemporaryFolder folder = new();
        AceStepProcess.Run(["generate", .. Quick, "--output", folder.File("one.wav")]).Returning(0);
        AceStepProcess.Run(["generate", .. Quick, "--output", folder.File("two.wav")]).Returning(0);

        Assert.That(File.ReadAllBytes(folder.File("one.wav")), Is.EqualTo(File.ReadAllBytes(folder.File("two.wav"))));
    }

    [TestCase("--no-erg-tag", false, true, true)]
    [TestCase("--no-erg-lyric", true, false, true)]
    [TestCase("--no-erg-diffusion", true, true, false)]
    public async Task Generate_WithOptionsOfEveryKind_GivesWhatTheLibraryGives(string option, bool tag, bool lyric, bool diffusion)
    {
        using TemporaryFolder folder = new();
        string checkpoint = ReferenceData.Require("checkpoint-tiny");
        string[] arguments =
        [
            "generate", "--checkpoint", checkpoint, "--device", "cpu", "--prompt", "funk", "--lyrics", "[verse] Neon lights", "--duration", "1", "--seed", "1",
            "--own-steps", "1,2,4,6", "--omega", "-20", "--guidance-scale", "7", "--guidance-interval", "0.9", "--guidance-decay", "0.6", "--min-guidance-scale", "4", option,
            "--output", folder.File("song.wav"), "--save-latents", folder.File("song.latents"), "--quiet",
        ];
        TextToMusicRequest request = new()
        {
            Prompt = "funk",
            Lyrics = "[verse] Neon lights",
            Duration = TimeSpan.FromSeconds(1),
            Seed = 1,
            Generation = new() { OwnSteps = [1, 2, 4, 6], OmegaScale = -20 },
            Guidance = new() { Scale = 7, Interval = 0.9, IntervalDecay = 0.6, MinScale = 4, ErgTag = tag, ErgLyric = lyric, ErgDiffusion = diffusion },
        };

        AceStepCommand.Run(arguments).Returning(0);

        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu" });
        MusicResult result = await pipeline.TextToMusicAsync(request);
        float[] expected = result.Songs[0].Latents.Values.ToArray();
        Assert.That(MusicLatents.Load(folder.File("song.latents")).Values.ToArray(), Is.EqualTo(expected).Within(1e-3f));
    }

    [TestCase("song.wav", AudioFormat.Wav)]
    [TestCase("song.mp3", AudioFormat.Mp3)]
    [TestCase("song.ogg", AudioFormat.Vorbis)]
    [TestCase("song.flac", AudioFormat.Flac)]
    [TestCase("song.opus", AudioFormat.Opus)]
    [TestCase("song.aiff", AudioFormat.Aiff)]
    [TestCase("song.flac", AudioFormat.Mp3, "--format", "mp3")]
    public void Generate_IntoAFormat_WritesItWithLengthAndTags(string name, AudioFormat format, params string[] more)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format} needs libsndfile: {AudioLibrary.Requirement}.");
        }

        using TemporaryFolder folder = new();

        AceStepCommand.Run(["generate", .. Quick, "--title", "Ünter; den 🎵", "--output", folder.File(name), .. more]).Returning(0);

        AudioFileInfo info = AudioFile.Probe(folder.File(name));
        Assert.That(info.Format, Is.EqualTo(format));
        Assert.That(AudioFile.Load(folder.File(name)).Duration.TotalSeconds, Is.EqualTo(1.486).Within(0.1), "compressed formats pad their ends");
        SongTags tags = SongTags.Of(info.Tags);
        Assert.That(tags.Seed, Is.EqualTo(1));
        Assert.That(tags.Prompt, Is.EqualTo("techno, 128 bpm, drums, bass"));
        Assert.That(tags.Model, Does.Contain("demonstration"));
        Assert.That(info.Tags.Title, Is.EqualTo("Ünter; den 🎵"));
    }

    [TestCase("song.wav")]
    [TestCase("song.aiff")]
    [TestCase("song.flac")]
    public void Generate_WithPcm16At44100_WritesSo(string name)
    {
        if (!AudioLibrary.Supports(AudioFile.FormatOf(name)))
        {
            Assert.Ignore($"{name} needs libsndfile: {AudioLibrary.Requirement}.");
        }

        using TemporaryFolder folder = new();

        AceStepCommand.Run(["generate", .. Quick, "--output", folder.File(name), "--sample-rate", "44100", "--sample-format", "pcm16"]).Returning(0);

        AudioFileInfo info = AudioFile.Probe(folder.File(name));
        Assert.That((info.Encoding, info.SampleRate, info.Length), Is.EqualTo((SampleEncoding.Pcm16, 44100, 16 * 4096L)));
    }

    [Test]
    public void Generate_WithNormalize_BringsTheLoudnessToTheTarget()
    {
        using TemporaryFolder folder = new();

        ProcessResult result = AceStepCommand.Run(["generate", .. Quick, "--output", folder.File("song.wav"), "--normalize", "-20", "--json"]).Returning(0);

        double loudness = result.Json.GetProperty("songs")[0].GetProperty("sound").GetProperty("loudness_lufs").GetDouble();
        Assert.That(loudness, Is.EqualTo(-20).Within(0.5));
    }

    [Test]
    public void Generate_FromSavedLatents_NeedsNoSecondEncoding()
    {
        using TemporaryFolder folder = new();
        AceStepCommand.Run(["generate", .. Quick, "--output", folder.File("one.wav"), "--save-latents", folder.File("one.latents")]).Returning(0);

        // At strength 0 the latents come back as they are, so the decoded sound is the first song's.
        AceStepCommand.Run("audio2audio", "--source", folder.File("one.latents"), "--strength", "0", "--output", folder.File("two.wav")).Returning(0);

        Assert.That(AudioFile.Load(folder.File("two.wav")).ToPlanar(), Is.EqualTo(AudioFile.Load(folder.File("one.wav")).ToPlanar()));
    }

    [Test]
    public void Generate_WithALora_ChangesTheSongUnlessItsWeightIsZero()
    {
        string checkpoint = ReferenceData.Require("checkpoint-tiny");
        string lora = ReferenceData.Require("lora", "plain");
        using TemporaryFolder folder = new();
        Song("none.wav");
        Song("half.wav", "--lora", $"{lora}:0.5");
        Song("zero.wav", "--lora", $"{lora}:0");
        Song("half-and-half.wav", "--lora", $"{lora}:0.25", "--lora", $"{lora}:0.25");

        Assert.That(Samples("half.wav"), Is.Not.EqualTo(Samples("none.wav")));
        Assert.That(Samples("zero.wav"), Is.EqualTo(Samples("none.wav")));
        Assert.That(Distance(Samples("half-and-half.wav"), Samples("half.wav")), Is.LessThan(1e-3), "two halves add up");
        Assert.That(Distance(Samples("none.wav"), Samples("half.wav")), Is.GreaterThan(1e-2), "and the distance can tell");

        void Song(string name, params string[] more) =>
            AceStepCommand.Run(["generate", "--checkpoint", checkpoint, "--prompt", "funk", "--duration", "1", "--steps", "2", "--seed", "3", "--output", folder.File(name), .. more]).Returning(0);

        float[] Samples(string name) => AudioFile.Load(folder.File(name)).ToPlanar();
    }

    [TestCase("keep")]
    [TestCase("offload")]
    [TestCase("drop")]
    public void Generate_WhateverTheMemoryPlan_WritesTheSameSamples(string plan)
    {
        using TemporaryFolder folder = new();
        AceStepCommand.Run(["generate", .. Quick, "--output", folder.File("default.wav")]).Returning(0);

        AceStepCommand.Run(["generate", .. Quick, "--memory", plan, "--output", folder.File("planned.wav")]).Returning(0);

        Assert.That(File.ReadAllBytes(folder.File("planned.wav")), Is.EqualTo(File.ReadAllBytes(folder.File("default.wav"))));
    }

    [Test]
    public void Generate_DecodedInWindows_SoundsAsDecodedAtOnce()
    {
        using TemporaryFolder folder = new();
        AceStepCommand.Run(["generate", .. Quick, "--decode", "whole", "--output", folder.File("whole.wav")]).Returning(0);
        AceStepCommand.Run(["generate", .. Quick, "--decode", "windowed", "--output", folder.File("windowed.wav")]).Returning(0);

        Assert.That(Distance(AudioFile.Load(folder.File("windowed.wav")).ToPlanar(), AudioFile.Load(folder.File("whole.wav")).ToPlanar()), Is.LessThan(1e-4));
    }

    [Test]
    public void Accompany_OfVocals_HasTheirLengthAndKeepsThemWhereAsked()
    {
        using TemporaryFolder folder = new();
        AceStepCommand.Run(["generate", .. Quick, "--output", folder.File("vocals.wav"), "--sample-rate", "44100"]).Returning(0);
        Accompany("alone.wav");
        Accompany("mixed.wav", "--keep-vocals");
        Accompany("jazz.wav", "--style", "jazz");

        AudioBuffer vocals = AudioFile.Load(folder.File("vocals.wav"));
        float[] alone = AudioFile.Load(folder.File("alone.wav")).ToPlanar();
        float[] sum = [.. alone.Zip(vocals.ToPlanar(), (made, sung) => made + sung)];
        Assert.That(alone, Has.Length.EqualTo(2 * vocals.Length));
        Assert.That(Distance(AudioFile.Load(folder.File("mixed.wav")).ToPlanar(), sum), Is.LessThan(1e-6), "the vocals' own samples are mixed back");
        Assert.That(AudioFile.Load(folder.File("jazz.wav")).ToPlanar(), Is.Not.EqualTo(alone), "the style's words count");

        void Accompany(string name, params string[] more) => AceStepCommand.Run(
            ["accompany", "--source", folder.File("vocals.wav"), "--prompt", "piano", "--steps", "4", "--seed", "2", "--sample-rate", "44100", "--output", folder.File(name), .. more]).Returning(0);
    }

    [Test]
    [Platform("Linux", Reason = "script, which makes a terminal, is part of every Debian")]
    public void Generate_OnATerminal_DrawsBarsAndATable()
    {
        using TemporaryFolder folder = new();

        string output = AceStepProcess.RunOnTerminal(["generate", .. Quick, "--output", folder.File("song.wav")]);

        Assert.That(output, Does.Contain("Denoising").And.Contains("━").And.Contains("100%"), "bars");
        Assert.That(output, Does.Contain("╭").And.Contains("│ Seed").And.Contains("│ Peak memory"), "the table");
        Assert.That(folder.Files, Is.EqualTo(new[] { "song.wav" }));
    }

    [TestCase(40, @"Denoising +\d+%\s*$")]
    [TestCase(50, @"Denoising +\d+%( +\d+:\d\d( left)?)?$")]
    [TestCase(70, @"Denoising +[━ ]+ +\d+%")]
    public void Generate_OnANarrowTerminal_ShowsEachStageInOneRow(int columns, string row)
    {
        using TemporaryFolder folder = new();

        string output = AceStepProcess.RunOnTerminal(["generate", .. Quick, "--output", folder.File("song.wav")], columns);

        string[] rows = [.. Regex.Replace(output, "\u001b\\[[0-9;?]*[A-Za-z]", "").Split('\n', '\r').Select(line => line.TrimEnd()).Where(line => line.Contains("Denoising"))];
        Assert.That(rows, Is.Not.Empty);
        Assert.That(rows, Has.All.Match(row));
        Assert.That(rows.Select(line => line.Length), Has.All.LessThanOrEqualTo(columns));
    }

    [Test]
    public void Generate_OnATerminalTooNarrowForRows_WritesLines()
    {
        using TemporaryFolder folder = new();

        string output = AceStepProcess.RunOnTerminal(["generate", .. Quick, "--output", folder.File("song.wav")], columns: 30);

        Assert.That(output, Does.Contain("Denoising: 3 of 3, done in"));
    }

    [TestCase("INT", 130)]
    [TestCase("TERM", 143)]
    [Platform(Exclude = "Win", Reason = "Windows has no signals to send")]
    public void Generate_OnASignal_StopsWithinAStepAndLeavesNothing(string signal, int exitCode)
    {
        using TemporaryFolder folder = new();
        using Process process = AceStepProcess.Start(["generate", "--prompt", "techno", "--duration", "10", "--steps", "5000", "--output", folder.File("song.wav")]);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            Assert.That(ReadUntilDenoising(process), Is.True, "it is denoising");
            long interrupted = Stopwatch.GetTimestamp();
            using (Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"]))
            {
                kill.WaitForExit();
            }

            Assert.That(process.WaitForExit(TimeSpan.FromSeconds(60)), Is.True, "it stops");
            TestContext.Out.WriteLine($"stopped after {Stopwatch.GetElapsedTime(interrupted).TotalSeconds:0.0} s");
            Assert.That(process.ExitCode, Is.EqualTo(exitCode));
            Assert.That(error.Result, Does.StartWith("error: cancelled"));
            Assert.That(folder.Files, Is.Empty);
        }
        finally
        {
            process.Kill();
        }
    }

    private static bool ReadUntilDenoising(Process process)
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("Denoising", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static double Distance(float[] one, float[] other) =>
        Math.Sqrt(one.Zip(other, (a, b) => Math.Pow(a - b, 2)).Sum() / other.Sum(sample => Math.Pow(sample, 2)));
}
