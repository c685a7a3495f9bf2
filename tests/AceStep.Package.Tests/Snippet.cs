using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AceStep.Package.Tests;

/// <summary>A piece of C# that somebody may copy: from a page, or from an example in the documentation of a member.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Code">The code.</param>
public sealed partial record Snippet(string Place, string Code)
{
    private static readonly string Root = ReferenceData.RepositoryRoot;

    /// <summary>Whether it says what it uses, as a whole file does; the others stand in a text that has said so.</summary>
    public bool IsWholeFile => Using().IsMatch(Code);

    /// <summary>The README's program.</summary>
    public static Snippet OfReadme() => InPage(Path.Combine(Root, "README.md")).First();

    /// <summary>All of them.</summary>
    public static IEnumerable<Snippet> All() => Pages().SelectMany(InPage).Concat(InDocumentation());

    /// <summary>The pages that people read: at the root, in docs/, and of each package.</summary>
    public static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(folder => Path.Combine(folder, "README.md")).Where(File.Exists))
            .Order(StringComparer.Ordinal);

    public override string ToString() => Place;

    private static IEnumerable<Snippet> InPage(string page)
    {
        string text = File.ReadAllText(page).ReplaceLineEndings("\n");
        foreach (Match block in Fence().Matches(text))
        {
            int line = text.AsSpan(0, block.Index).Count('\n') + 1;
            yield return new Snippet($"{Path.GetRelativePath(Root, page).Replace('\\', '/')}:{line}", block.Groups[1].Value);
        }
    }

    private static IEnumerable<Snippet> InDocumentation() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "AceStep.*.xml").Order(StringComparer.Ordinal)
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .SelectMany(member => member.Elements("example").Elements("code").Select(code => new Snippet(member.Attribute("name")!.Value, code.Value)));

    [GeneratedRegex(@"^\s*using [\w.]+;")]
    private static partial Regex Using();

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
