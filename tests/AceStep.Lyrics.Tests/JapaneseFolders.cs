using System.Diagnostics;
using AceStep.Testing;

namespace AceStep.Lyrics.Tests;

/// <summary>Finds the Japanese dictionaries that tests may use.</summary>
internal static class JapaneseFolders
{
    private static readonly Lazy<string?> OriginalFolder = new(FindOriginal);

    /// <summary>
    /// The original's own dictionary: the folder in <c>ACESTEP_UNIDIC</c>, or ../shared/data/japanese/unidic-lite-1.0.8.tar.xz
    /// unpacked once into the user's temporary folder. The test is skipped where there is neither.
    /// </summary>
    public static string Original
    {
        get
        {
            if (OriginalFolder.Value is null)
            {
                Assert.Ignore("unidic-lite is not part of the repository; name its folder in ACESTEP_UNIDIC");
            }

            return OriginalFolder.Value!;
        }
    }

    /// <summary>Debian's unidic-mecab; the test is skipped where it is not installed.</summary>
    public static string Debian
    {
        get
        {
            string? folder = new[] { "/var/lib/mecab/dic/unidic", "/usr/share/mecab/dic/unidic" }
                .FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "sys.dic")));
            if (folder is null)
            {
                Assert.Ignore("Debian's unidic-mecab is not installed");
            }

            return folder!;
        }
    }

    /// <summary>The options with the original's dictionary where it is present; without it Japanese cases cannot be exact.</summary>
    public static LyricTokenizerOptions OptionsWithOriginal => new() { JapaneseDictionary = OriginalFolder.Value };

    public static bool HasOriginal => OriginalFolder.Value is not null;

    private static string? FindOriginal()
    {
        if (Environment.GetEnvironmentVariable("ACESTEP_UNIDIC") is { Length: > 0 } named)
        {
            return named;
        }

        string archive = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "data", "japanese", "unidic-lite-1.0.8.tar.xz");
        string cache = Path.Combine(Path.GetTempPath(), "acestep-tests");
        string folder = Path.Combine(cache, "unidic-lite-1.0.8");
        if (!File.Exists(archive) || File.Exists(Path.Combine(folder, "sys.dic")))
        {
            return File.Exists(archive) ? folder : null;
        }

        // Under another name first, so that an interrupted run leaves nothing that looks complete.
        string partial = Directory.CreateDirectory(Path.Combine(cache, Path.GetRandomFileName())).FullName;
        using Process tar = Process.Start("tar", ["-xf", archive, "-C", partial]);
        tar.WaitForExit();
        if (tar.ExitCode != 0)
        {
            return null;
        }

        Directory.Move(Path.Combine(partial, "unidic-lite-1.0.8"), folder);
        Directory.Delete(partial);
        return folder;
    }
}
