using AceStep.Audio;

namespace AceStep.Cli.Tests;

/// <summary>
/// Standard error has our own lines and nothing else: what libmpg123, libsndfile and libtorch print of damaged files never
/// gets there. Processes of their own, because native code writes past .NET's console.
/// </summary>
public sealed class StandardErrorTests
{
    [Test]
    public void Inspect_DamagedSound_WritesOnlyItsOwnLines([Values] AudioFormat format, [Values] Damage damage)
    {
        RequireFormat(format);
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("sound"), Damaged(Sound(format), damage));

        AssertOwnLines(AceStepProcess.Run("inspect", folder.File("sound")));
    }

    [Test]
    public void AudioToAudio_FromADamagedMp3_WritesOnlyItsOwnLines()
    {
        RequireFormat(AudioFormat.Mp3);
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("source.mp3"), Damaged(Sound(AudioFormat.Mp3), Damage.Noise));

        ProcessResult result = AceStepProcess.Run("audio2audio", "--source", folder.File("source.mp3"), "--prompt", "techno", "--steps", "2", "--output", folder.File("song.mp3"));

        AssertOwnLines(result.Returning(0));
        Assert.That(result.Error, Does.Contain("warning: "), "the damage is told");
    }

    [TestCase("ace_step_transformer/diffusion_pytorch_model.safetensors")]
    [TestCase("music_vocoder/config.json")]
    [TestCase("umt5-base/tokenizer.json")]
    public void Generate_FromADamagedCheckpoint_WritesOneLine(string damaged)
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(DemoCheckpoint.Folder, "*", SearchOption.AllDirectories))
        {
            string copy = folder.File("checkpoint", Path.GetRelativePath(DemoCheckpoint.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string path = folder.File("checkpoint", damaged);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);

        ProcessResult result = AceStepProcess.Run("generate", "--checkpoint", folder.File("checkpoint"), "--duration", "1", "--steps", "1", "--output", folder.File("song.wav")).Returning(1);

        AssertOwnLines(result);
        Assert.That(result.Error, Does.Contain(Path.GetFileName(damaged)));
        Assert.That(result.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    /// <summary>What is done to a file.</summary>
    public enum Damage
    {
        /// <summary>The second half is missing.</summary>
        Half,

        /// <summary>Bytes at random stand in the middle.</summary>
        Noise,

        /// <summary>Zeros stand in the middle.</summary>
        Zeros,

        /// <summary>One byte in a hundred has another value.</summary>
        Flips,
    }

    private static byte[] Damaged(byte[] file, Damage damage)
    {
        byte[] damaged = [.. file];
        Random random = new(1);
        Span<byte> middle = damaged.AsSpan(damaged.Length / 3, damaged.Length / 10);
        switch (damage)
        {
            case Damage.Half:
                return damaged[..(damaged.Length / 2)];
            case Damage.Noise:
                random.NextBytes(middle);
                break;
            case Damage.Zeros:
                middle.Clear();
                break;
            default:
                for (int position = 64; position < damaged.Length; position += random.Next(200))
                {
                    damaged[position] ^= (byte)(1 << random.Next(8));
                }

                break;
        }

        return damaged;
    }

    private static byte[] Sound(AudioFormat format)
    {
        Random random = new(1);
        float[] samples = [.. Enumerable.Range(0, 2 * 48000).Select(i => (float)((0.5 * Math.Sin(i * 0.05)) + (0.1 * random.NextDouble())))];
        return AudioBuffer.FromPlanar(samples, 2, 48000).Encode(format);
    }

    private static void AssertOwnLines(ProcessResult result) =>
        Assert.That(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.All.Match("^(warning|error): "), result.Error);

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }
}
