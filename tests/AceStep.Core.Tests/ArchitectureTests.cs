using System.Reflection;
using System.Xml.Linq;

namespace AceStep.Core.Tests;

/// <summary>Arrows between the projects run one way.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["AceStep.Audio"] = [],
        ["AceStep.Audio.NAudio"] = ["AceStep.Audio"],
        ["AceStep.Pictures"] = ["AceStep.Audio"],
        ["AceStep.Lyrics"] = [],
        ["AceStep.Schedulers"] = [],
        ["AceStep.Models"] = [],
        ["AceStep.Core"] = ["AceStep.Audio", "AceStep.Lyrics", "AceStep.Models", "AceStep.Schedulers"],
        ["AceStep.Demo"] = [],
        ["AceStep.Extensions.DependencyInjection"] = ["AceStep.Core"],
        ["AceStep.Server"] = ["AceStep.Core", "AceStep.Audio"],
        ["AceStep.Cli"] = ["AceStep.Pictures", "AceStep.Server", "AceStep.Core", "AceStep.Demo", "AceStep.Audio", "AceStep.Lyrics", "AceStep.Models", "AceStep.Schedulers"],
    };

    private static IEnumerable<string> Projects() =>
        Directory.EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories);

    [TestCaseSource(nameof(Projects))]
    public void Project_References_OnlyWhatTheDesignAllows(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        Assert.That(Allowed, Does.ContainKey(name), "every project under src/ has its place in the design");

        string[] references =
        [
            .. XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))),
        ];

        Assert.That(references, Is.SubsetOf(Allowed[name]));
    }

    [TestCase(typeof(Audio.AudioBuffer))]
    [TestCase(typeof(Lyrics.LyricTokenizer), "Microsoft.ML.Tokenizers")]
    public void Assembly_ThatIsOfUseToAnyone_ReferencesNothingButNetAndItsPackages(Type member, params string[] packages)
    {
        AssemblyName[] references = member.Assembly.GetReferencedAssemblies();
        Assert.That(references.Select(reference => reference.Name).Except(packages), Has.All.StartsWith("System."));
    }

    [TestCaseSource(nameof(Projects))]
    public void Sources_UseNoConditionalCompilation(string project)
    {
        IEnumerable<string> conditional = Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));

        Assert.That(conditional, Is.Empty, "the sources are the same in every build");
    }
}
