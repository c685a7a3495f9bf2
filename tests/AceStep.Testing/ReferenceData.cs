using System.Collections;
using NUnit.Framework;

namespace AceStep.Testing;

/// <summary>Finds the recorded references: what the original computes, as files.</summary>
public static class ReferenceData
{
    /// <summary>The category of the tests that compare with recorded references.</summary>
    public const string Category = "Reference";

    /// <summary>The environment variable that names another folder of the same form.</summary>
    public const string EnvironmentVariable = "ACESTEP_REFERENCE";

    /// <summary>The repository's root: the first folder above the test assembly that holds AceStep.sln.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The folder of references: <c>ACESTEP_REFERENCE</c> where it is set, else tests/data/reference.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } folder
            ? Path.GetFullPath(folder)
            : Path.Combine(RepositoryRoot, "tests", "data", "reference");

    /// <summary>The full path of a reference file or folder, whether it exists or not.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The full path of a reference file or folder; the test is skipped, with the reason, where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        string path = PathOf(parts);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            Assert.Ignore($"{path} is absent from this set of references.");
        }

        return path;
    }

    /// <summary>The names (without extension) of a reference folder's files, in order; empty where the folder is absent.</summary>
    public static IEnumerable<string> Names(string folder, string pattern = "*.safetensors")
    {
        string path = PathOf(folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)
            : [];
    }

    /// <summary>
    /// Asserts that a reference file or folder gives cases: of a <c>TestCaseSource</c> that finds none, nothing is reported.
    /// The test is skipped where the file or folder is absent.
    /// </summary>
    public static void RequireCases(IEnumerable cases, params string[] parts)
    {
        string path = Require(parts);
        Assert.That(cases, Is.Not.Empty, $"cases of {path}");
    }

    private static string FindRepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AceStep.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds AceStep.sln.");
    }
}
