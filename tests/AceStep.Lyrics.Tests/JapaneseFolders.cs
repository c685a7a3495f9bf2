using System.Diagnostics;
using AceStep.Lyrics.Japanese;

namespace AceStep.Lyrics.Tests;

/// <summary>Finds the Japanese dictionaries that tests may use. Without MeCab, which reads them, there are none.</summary>
internal static class JapaneseFolders
{
    private static readonly Lazy<(string? Folder, string Reason)> FoundOriginal = new(FindOriginal);

    private static readonly Lazy<(string? Folder, string Reason)> FoundDebian = new(FindDebian);

    /// <summary>
    /// The original's own dictionary: the folder in <c>ACESTEP_UNIDIC</c>, or ../shared/data/japanese/unidic-lite-1.0.8.tar.xz
    /// unpacked once into the user's temporary folder. The test is skipped where there is neither.
    /// </summary>
    public static string Original => Require(FoundOriginal.Value);

    /// <summary>Debian's unidic-mecab; the test is skipped where it is not installed.</summary>
    public static string Debian => Require(FoundDebian.Value);

    /// <summary>Any of them; the test is skipped where there is none.</summary>
    public static string Any => HasOriginal ? Original : Debian;

    /// <summary>The options with the original's dictionary where it is present; without it Japanese cases cannot be exact.</summary>
    public static LyricTokenizerOptions OptionsWithOriginal => new() { JapaneseDictionary = FoundOriginal.Value.Folder };

    public static bool HasOriginal => FoundOriginal.Value.Folder is not null;

    /// <summary>Skips the test where the original's own dictionary is absent.</summary>
    public static void RequireOriginal() => Require(FoundOriginal.Value);

    private static string Require((string? Folder, string Reason) found)
    {
        if (found.Folder is null)
        {
            Assert.Ignore(found.Reason);
        }

        return found.Folder!;
    }

    private static (string? Folder, string Reason) FindDebian()
    {
        string? folder = new[] { "/var/lib/mecab/dic/unidic", "/usr/share/mecab/dic/unidic" }
            .FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "sys.dic")));
        return MeCabLibrary.Shared.Value is null
            ? (null, "MeCab is not installed.")
            : (folder, "Debian's unidic-mecab is not installed.");
    }

    private static (string? Folder, string Reason) FindOriginal()
    {
        if (MeCabLibrary.Shared.Value is null)
        {
            return (null, "MeCab is not installed.");
        }

        if (Environment.GetEnvironmentVariable("ACESTEP_UNIDIC") is { Length: > 0 } named)
        {
            return (named, "");
        }

        string archive = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "data", "japanese", "unidic-lite-1.0.8.tar.xz");
        string cache = Path.Combine(Path.GetTempPath(), "acestep-tests");
        string folder = Path.Combine(cache, "unidic-lite-1.0.8");
        if (!File.Exists(archive))
        {
            return (null, "unidic-lite is not part of the repository; name its folder in ACESTEP_UNIDIC.");
        }

        if (File.Exists(Path.Combine(folder, "sys.dic")))
        {
            return (folder, "");
        }

        if (!Tool.IsInstalled("xz"))
        {
            return (null, "xz, which unpacks unidic-lite, is not installed.");
        }

        // Under another name first, so that an interrupted run leaves nothing that looks complete.
        string partial = Directory.CreateDirectory(Path.Combine(cache, Path.GetRandomFileName())).FullName;
        using Process tar = Process.Start("tar", ["-xf", archive, "-C", partial]);
        tar.WaitForExit();
        Assert.That(tar.ExitCode, Is.Zero, $"unpacking {archive}");
        Directory.Move(Path.Combine(partial, "unidic-lite-1.0.8"), folder);
        Directory.Delete(partial);
        return (folder, "");
    }
}
