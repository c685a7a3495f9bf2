using System.Reflection;
using PublicApiGenerator;

namespace AceStep.Core.Tests;

/// <summary>What people program against, written down: a change of it is seen in a diff, and meant.</summary>
public sealed class PublicApiTests
{
    private static readonly string Folder = Path.Combine(ReferenceData.RepositoryRoot, "tests", "AceStep.Core.Tests", "PublicApi");
    private static readonly string[] Assemblies = ["AceStep.Audio", "AceStep.Audio.NAudio", "AceStep.Core", "AceStep.Demo", "AceStep.Extensions.DependencyInjection", "AceStep.Lyrics", "AceStep.Models", "AceStep.Pictures", "AceStep.Schedulers", "AceStep.Server"];

    // Names a type that the compiler numbers, in another way whenever a member moves to another file.
    private static readonly string[] Compilers = ["System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute"];

    [TestCaseSource(nameof(Assemblies))]
    public void PublicMembers_AreThoseThatWereApproved(string assembly) =>
        Assert.That(Describe(assembly), Is.EqualTo(File.ReadAllLines(PathOf(assembly))), $"if the change is meant, run {nameof(Approve_WritesThePublicMembers)}");

    [Test]
    [Explicit("writes the files that the other test compares with")]
    public void Approve_WritesThePublicMembers()
    {
        Directory.CreateDirectory(Folder);
        foreach (string assembly in Assemblies)
        {
            File.WriteAllText(PathOf(assembly), string.Join('\n', Describe(assembly)) + "\n");
        }
    }

    private static string PathOf(string assembly) => Path.Combine(Folder, assembly + ".txt");

    private static string[] Describe(string assembly) =>
        Assembly.Load(assembly).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = Compilers }).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
