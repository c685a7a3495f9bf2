using AceStep.Audio;

namespace AceStep.Fuzz.Tests;

/// <summary>Damaged sound files of every kind, through libsndfile where the kind needs it: a crash in native code is seen, since each kind has a process of its own.</summary>
public sealed class SoundTests
{
    private const int CasesPerKind = 5000;

    [TestCase("wav16")]
    [TestCase("wav-float-extensible")]
    [TestCase("wav-mulaw")]
    [TestCase("wav-ima")]
    [TestCase("wav-ms")]
    [TestCase("aiff")]
    [TestCase("au")]
    [TestCase("caf")]
    [TestCase("caf-alac")]
    [TestCase("flac")]
    [TestCase("vorbis")]
    [TestCase("opus")]
    [TestCase("mp3")]
    [TestCase("mp3-variable")]
    public void Load_DamagedFiles_AreReadOrRefused(string kind)
    {
        if (!kind.StartsWith("wav", StringComparison.Ordinal) && !AudioLibrary.IsAvailable)
        {
            Assert.Ignore(AudioLibrary.Requirement);
        }

        FuzzProgram.AssertKept(FuzzProgram.Run(["sound", kind, "0", $"{CasesPerKind}"]), CasesPerKind - 1);
    }

    /// <summary>A damaged WAV may look like a file of another kind, or a compressed one: that is refused, too, where nothing can read it.</summary>
    [TestCase("wav16")]
    [TestCase("wav-float-extensible")]
    [TestCase("wav-ima")]
    public void Load_DamagedFilesWithoutTheLibrary_AreReadOrRefused(string kind) =>
        FuzzProgram.AssertKept(FuzzProgram.Run(["sound", kind, "0", $"{CasesPerKind}"], FuzzProgram.NoLibrary), CasesPerKind - 1);

    [TestCase("flac", false)]
    [TestCase("wav16", true)]
    public void AnyFormatButWav_WithoutTheLibrary_SaysWhatToInstall(string kind, bool works)
    {
        (int exitCode, _, string errors) = FuzzProgram.Run(["sound", kind, "0", "1"], FuzzProgram.NoLibrary);
        Assert.That(exitCode == 0, Is.EqualTo(works), errors);
        if (!works)
        {
            Assert.That(errors, Does.Contain(nameof(DllNotFoundException)).And.Contain(AudioLibrary.Requirement));
        }
    }
}
