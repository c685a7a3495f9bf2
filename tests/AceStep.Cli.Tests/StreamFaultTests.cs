using System.Diagnostics;
using AceStep.Audio;

namespace AceStep.Cli.Tests;

/// <summary>Standard streams that are full, closed or endless: one line that says so, exit 1, no trace of the stack, no wait.</summary>
public sealed class StreamFaultTests
{
    private TemporaryFolder _folder = null!;
    private string _sound = null!;

    [SetUp]
    public void WriteSound()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("These devices are Linux's.");
        }

        Tool.Require("bash");
        _folder = new TemporaryFolder();
        _sound = _folder.File("sound.wav");
        AudioBuffer.FromPlanar([[0.1f, 0.2f, 0.3f]], 8000).Save(_sound);
    }

    [TearDown]
    public void RemoveSound() => _folder?.Dispose();

    [TestCase("inspect", "--json")]
    [TestCase("inspect")]
    public void Inspect_OntoAFullOutput_SaysSo(string command, params string[] options) =>
        AssertOneError(AceStepProcess.RunRedirected("> /dev/full", [command, _sound, .. options]), "No space left on device");

    [Test]
    public void Generate_SongOntoAFullOutput_SaysSo() =>
        AssertOneError(AceStepProcess.RunRedirected("> /dev/full", "generate", "--duration", "1", "--steps", "1", "--quiet", "--output", "-", "--format", "wav"), "No space left on device");

    [TestCase("<&-")]
    [TestCase("< /dev/null")]
    [TestCase("< /proc/self/mem")]
    [TestCase("< /")]
    [TestCase("< /dev/zero")]
    public void Inspect_InputThatCannotBeRead_SaysSo(string redirection) => AssertOneError(AceStepProcess.RunRedirected(redirection, "inspect", "-"), "");

    [TestCase("/proc/self/mem")]
    [TestCase("/dev/zero")]
    [TestCase("/dev")]
    public void Extend_SourceThatCannotBeRead_SaysSo(string path) => AssertOneError(AceStepProcess.Run("continue", "--source", path, "--after", "1", "--output", _sound + ".out.wav"), "");

    [TestCase("inspect", "-")]
    [TestCase("audio2audio", "--source", "-", "--output", "song.wav")]
    public void Interrupted_WhileNoMoreComesOnStandardInput_Ends(params string[] arguments)
    {
        using Process process = AceStepProcess.Start(arguments);
        try
        {
            // More than a pipe holds: when it has been taken, the program has begun to read and waits for more.
            byte[] wav = AudioBuffer.FromPlanar([new float[200_000]], 8000).Encode(AudioFormat.Wav);
            for (int sent = 0; sent < 400_000;)
            {
                try
                {
                    process.StandardInput.BaseStream.Write(wav.AsSpan(sent, 4000));
                    sent += 4000;
                }
                catch (IOException) when (!process.HasExited)
                {
                    // .NET's side of the pipe does not wait when it is full.
                    Thread.Sleep(20);
                }
            }

            Tool.Run("kill", "-INT", $"{process.Id}");

            Assert.That(process.WaitForExit(TimeSpan.FromMinutes(1)), Is.True, "it ends");
            Assert.That(process.ExitCode, Is.EqualTo(130));
            Assert.That(process.StandardError.ReadToEnd(), Does.StartWith("error: cancelled"));
        }
        finally
        {
            process.Kill();
        }
    }

    private static void AssertOneError(ProcessResult result, string words)
    {
        result.Returning(1);
        Assert.That(result.Error, Does.StartWith("error: ").And.Contains(words).And.Not.Contains("   at "));
        Assert.That(result.Error.Trim().Split('\n'), Has.Length.EqualTo(1), result.Error);
    }
}
