using System.Reflection;
using System.Runtime.Loader;
using AceStep.Testing;

namespace TorchSharp.Tests;

/// <summary>
/// The stand-in's public members are TorchSharp's, spelt alike. The table torch/signatures.txt stands between the two assemblies, which
/// cannot be loaded side by side: with TorchProvider System it is held against the stand-in, with Package against TorchSharp itself.
/// </summary>
public sealed class SignatureTests
{
    private static string TablePath => Path.Combine(ReferenceData.RepositoryRoot, "torch", "signatures.txt");

    [Test]
    public void StandIn_PublicMembers_AreThoseOfTheTable()
    {
        StandIn.Require();
        IReadOnlyList<string> members = SignatureFormatter.Describe(StandIn.Assembly);
        string[] table = File.ReadAllLines(TablePath);
        Assert.Multiple(() =>
        {
            Assert.That(members.Except(table), Is.Empty, "members that the table of TorchSharp's does not have (docs/torch.md says how it is refreshed)");
            Assert.That(table.Except(members), Is.Empty, "lines of the table that the stand-in no longer has");
        });
    }

    [Test]
    public void Table_EveryLine_IsAMemberOfTorchSharp()
    {
        RequirePackage();
        Assert.That(File.ReadAllLines(TablePath).Except(SignatureFormatter.Describe(StandIn.Assembly)), Is.Empty);
    }

    [Test]
    [Explicit("Writes torch/signatures.txt anew from TorchSharp's assembly and the stand-in's, which must be built.")]
    public void Table_Refresh_WritesTheMembersThatBothHave()
    {
        RequirePackage();
        string standIn = Directory
            .EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "torch", "TorchSharp", "bin"), "TorchSharp.dll", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc)!;
        var apart = new AssemblyLoadContext("stand-in", isCollectible: true);
        IReadOnlyList<string> wanted = SignatureFormatter.Describe(apart.LoadFromAssemblyPath(standIn));
        HashSet<string> real = [.. SignatureFormatter.Describe(StandIn.Assembly)];
        File.WriteAllLines(TablePath, wanted.Where(real.Contains));
        Assert.That(wanted.Where(line => !real.Contains(line)), Is.Empty, $"members of {standIn} that TorchSharp lacks or spells otherwise");
    }

    private static void RequirePackage()
    {
        if (StandIn.IsPresent)
        {
            Assert.Ignore("This is about the TorchSharp package, and the tests were built against the stand-in.");
        }
    }
}
