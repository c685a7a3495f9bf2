using AceStep.Mutations;

namespace AceStep.Models.Tests;

/// <summary>The list of mistakes with which the tests themselves are tested: tests/AceStep.Mutations makes them.</summary>
public sealed class MistakeTests
{
    private static IEnumerable<Mistake> Listed() => Mistake.ReadAll();

    [Test]
    public void Listed_AsWritten_AreMany() => Assert.That(Listed().Select(mistake => mistake.Name).Distinct().Count(), Is.GreaterThan(120).And.EqualTo(Listed().Count()));

    [TestCaseSource(nameof(Listed))]
    public void Apply_ListedMistake_FitsTheSources(Mistake mistake)
    {
        Dictionary<string, string> texts = [];
        foreach (Edit edit in mistake.Edits)
        {
            string before = texts.GetValueOrDefault(edit.File) ?? File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, edit.File)).ReplaceLineEndings("\n");
            texts[edit.File] = edit.Apply(before);
            Assert.That(texts[edit.File], Is.Not.EqualTo(before));
        }

        Assert.That(mistake.Edits.Select(edit => edit.File), Has.All.StartsWith($"src/{mistake.Project}/"), "one project is built");
        Assert.That(Directory.Exists(Path.Combine(ReferenceData.RepositoryRoot, "tests", $"AceStep.{mistake.TestProject}.Tests")), Is.True, mistake.Tests);
    }

    [Test]
    public void Read_SeveralLinesAndFiles_KeepsThem()
    {
        Mistake mistake = Mistake.Read(
        [
            "# A remark.", "mistake: one", "breaks: two: all", "tests: Core/Some", "file: src/A/b.cs", "- x", "-   y", "+ z", "", "file: src/A/c.cs", "- u", "+",
        ]).Single();

        Assert.That(mistake.Name, Is.EqualTo("one"));
        Assert.That(mistake.Breaks, Is.EqualTo("two: all"));
        Assert.That((mistake.Project, mistake.TestProject, mistake.TestName), Is.EqualTo(("A", "Core", "Some")));
        Assert.That(mistake.Edits, Is.EqualTo(new[] { new Edit("src/A/b.cs", "x\n  y", "z"), new Edit("src/A/c.cs", "u", "") }));
    }

    [TestCase("mistake: one|tests: A/B|file: src/A/b.cs|- x|+ y", "breaks")]
    [TestCase("mistake: one|breaks: two|tests: A|file: src/A/b.cs|- x|+ y", "PROJECT/NAME")]
    [TestCase("mistake: one|breaks: two|tests: A/B", "at least one file")]
    [TestCase("mistake: one|- x", "Line 2: a line to find or to write must follow its file")]
    [TestCase("mistake: one|file: src/A/b.cs|-x", "Line 3: a space must follow the sign")]
    [TestCase("mistake: one|some text", "Line 2: a line must be")]
    public void Read_AnythingElse_SaysWhere(string lines, string rule) =>
        Assert.That(() => Mistake.Read(lines.Split('|')), Throws.TypeOf<FormatException>().With.Message.Contains(rule));

    [TestCase("a b", "not at all")]
    [TestCase("x x", "several times")]
    public void Apply_TextThatIsNotThereOnce_IsAnError(string text, string rule) =>
        Assert.That(() => new Edit("some.cs", "x", "y").Apply(text), Throws.TypeOf<FormatException>().With.Message.Contains(rule).And.Message.Contains("some.cs"));

    [Test]
    public void Apply_TextThatIsThereOnce_IsReplaced() => Assert.That(new Edit("some.cs", "x", "y").Apply("a x b"), Is.EqualTo("a y b"));
}
