using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AceStep.Package.Tests;

/// <summary>What people copy compiles, and links lead somewhere. The README's program is also run: <see cref="InstallationTests"/>.</summary>
public sealed partial class SnippetTests
{
    /// <summary>What the SDK adds to every file of a new project.</summary>
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    /// <summary>What the text about a snippet has said is used.</summary>
    private const string Usings =
        """
        global using AceStep;
        global using AceStep.Audio;
        global using AceStep.Lyrics;
        global using AceStep.Models;
        global using AceStep.Pictures;
        global using AceStep.Schedulers;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using TorchSharp;
        global using Tensor = TorchSharp.torch.Tensor;
        """;

    /// <summary>What the text about a snippet has said of these names.</summary>
    private const string Names =
        """
        global using static Known;
        internal static class Known
        {
            public static AceStep.MusicPipeline pipeline = null!;
            public static AceStep.MusicResult result = null!;
            public static IProgress<AceStep.MusicProgress>? progress;
            public static CancellationToken cancellationToken;
            public static Microsoft.AspNetCore.Builder.WebApplicationBuilder builder = null!;
            public static Microsoft.AspNetCore.Builder.WebApplication app = null!;
            public static System.Text.Json.JsonElement json;
            public static string prompt = "", model = "", lyrics = "";
            public static long seed, frames;
            public static TorchSharp.torch.Tensor x = null!;
            public static TorchSharp.torch.Generator[] generators = [];
            public static TorchSharp.torch.Tensor Predict(TorchSharp.torch.Tensor latents, double timestep) => latents;
            public static string Download(string address) => "";
        }
        """;

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(path => path.EndsWith(".dll", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private static IEnumerable<Snippet> Snippets() => Snippet.All();

    private static IEnumerable<string> Pages() => Snippet.Pages();

    [TestCaseSource(nameof(Snippets))]
    public void Snippet_CompilesAsItStands(Snippet snippet)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview);
        string[] sources = snippet.IsWholeFile ? [snippet.Code, ImplicitUsings, Names] : [snippet.Code, ImplicitUsings, Names, Usings];
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet",
            sources.Select(source => CSharpSyntaxTree.ParseText(source, options)),
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

        // What a piece may have that a program has not: no statement, a call that nobody awaits, a function that nobody calls.
        // The last two are of versions of assemblies; the SDK leaves them out as well.
        string[] aside = ["CS5001", "CS4014", "CS8321", "CS0649", "CS1701", "CS1702"];
        Diagnostic[] problems = [.. compilation.GetDiagnostics().Where(problem => problem.Severity >= DiagnosticSeverity.Warning && !aside.Contains(problem.Id))];

        Assert.That(problems.Select(problem => problem.ToString()), Is.Empty, snippet.Code);
    }

    [Test]
    public void Snippets_AreFound()
    {
        Assert.That(Snippets().Count(snippet => snippet.Place.StartsWith("docs/", StringComparison.Ordinal)), Is.GreaterThan(5));
        Assert.That(Snippets().Count(snippet => snippet.Place.StartsWith("M:AceStep.", StringComparison.Ordinal)), Is.GreaterThan(3), "examples in the documentation of members");
        Assert.That(Snippet.OfReadme().Code.TrimEnd().Split('\n').Count(line => line.Trim().Length > 0), Is.LessThanOrEqualTo(6));
    }

    [Test]
    public void FirstSong_OfTheSamples_IsTheReadmesProgram() =>
        Assert.That(File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "samples", "FirstSong", "Program.cs")).ReplaceLineEndings("\n"), Is.EqualTo(Snippet.OfReadme().Code));

    [TestCaseSource(nameof(Pages))]
    public void Links_OfAPage_LeadToFilesThatAreThere(string page)
    {
        string[] lost =
        [
            .. Link().Matches(File.ReadAllText(page)).Select(link => link.Groups[1].Value)
                .Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith('#') && !link.StartsWith("mailto:", StringComparison.Ordinal))
                .Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Split('#')[0]))),
        ];

        Assert.That(lost, Is.Empty, Path.GetRelativePath(ReferenceData.RepositoryRoot, page));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
