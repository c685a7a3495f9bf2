using AceStep.Lyrics.Japanese;

namespace AceStep.Lyrics.Tests;

internal sealed class JapaneseTests
{
    private static LyricTokenizer WithFolders(params string[] folders) =>
        new(Vocabularies.Tiny, new LyricTokenizerOptions(), () => folders);

    [Test]
    public void EncodeLine_WithoutADictionary_ReadsKanaAndWarns()
    {
        LyricLine line = WithFolders().EncodeLine("さよなら my 夏、がっこう ラーメン", "ja");

        Assert.That(line.Cleaned, Is.EqualTo("sayonara my ?, gakkou raamen"));
        Assert.That(line.JapaneseDictionary, Is.Null);
        Assert.That(line.Warnings[0].Kind, Is.EqualTo(LyricWarningKind.JapaneseDictionary));
        Assert.That(line.Warnings[0].Message, Does.Contain("acestep download unidic-lite").And.Contain(JapaneseDictionaries.EnvironmentVariable));
    }

    [Test]
    public void EncodeLine_UnusableDictionaryFirst_IsPassedOverWithAWarning()
    {
        using TemporaryFolder empty = new();

        LyricLine line = WithFolders(empty.Path, JapaneseFolders.Any).EncodeLine("月が眠る", "ja");

        Assert.That(line.JapaneseDictionary, Is.EqualTo(JapaneseFolders.Any));
        Assert.That(line.Cleaned, Is.EqualTo("tsuki ga nemuru"));
        Assert.That(line.Warnings.Single().Message, Does.Contain(empty.Path).And.Contain("sys.dic"));
    }

    [Test]
    public void TryOpen_DamagedDictionary_GivesMeCabsReason()
    {
        using TemporaryFolder parent = new();
        string folder = parent.Folder("uni dic");
        File.WriteAllText(Path.Combine(folder, "sys.dic"), "no dictionary");

        Assert.That(MeCabAnalyzer.TryOpen(folder, out string? error), Is.Null);
        Assert.That(error, Does.Contain("MeCab"));
    }

    [Test]
    public void Constructor_NamedFolderWithoutADictionary_IsRefused()
    {
        DirectoryNotFoundException? exception = Assert.Throws<DirectoryNotFoundException>(
            () => _ = new LyricTokenizer(Vocabularies.Tiny, new() { JapaneseDictionary = "/no/such/folder" }));

        Assert.That(exception!.Message, Does.Contain("/no/such/folder"));
    }

    [Test]
    public void Candidates_BesideTheCheckpoint_ComeBehindTheNamedOne()
    {
        using TemporaryFolder parent = new();
        string checkpoint = parent.Folder("checkpoint");
        string inside = MakeFolder(checkpoint, "unidic-3");
        string beside = MakeFolder(parent.Path, "unidic-lite-1.0.8");
        MakeFolder(parent.Path, "other");

        IReadOnlyList<string> candidates = JapaneseDictionaries.Candidates("/named", checkpoint + Path.DirectorySeparatorChar);

        Assert.That(candidates[0], Is.EqualTo("/named"));
        Assert.That(candidates.Where(folder => folder.StartsWith(parent.Path, StringComparison.Ordinal)), Is.EqualTo(new[] { inside, beside }));
    }

    [TestCase("a,b,c", "a|b|c")]
    [TestCase("a,\"b,c\",d", "a|b,c|d")]
    [TestCase("\"a\"\"b\",,", "a\"b||")]
    public void Split_Entry_CutsAtCommasOutsideQuotes(string entry, string fields)
    {
        Assert.That(string.Join('|', UniDicLayout.Split(entry)), Is.EqualTo(fields));
    }

    [Test]
    public void EncodeLine_KanaThatCannotBeRomanised_DropsTheLine()
    {
        LyricLine line = WithFolders().EncodeLine("あ\u3097", "ja");
        LyricLine small = WithFolders().EncodeLine("っゝ", "ja");

        Assert.That(small.IsDropped, Is.True);
        Assert.That(small.Warnings[^1].Message, Does.Contain("U+309D"));
        Assert.That(line.IsDropped, Is.False, "U+3097 is no kana to the fallback");
    }

    [Test]
    public void EncodeLine_TextBehindANull_IsLeftOutWithAWarning()
    {
        LyricLine line = WithFolders().EncodeLine("あ\0い", "ja");

        Assert.That(line.Cleaned, Is.EqualTo("a"));
        Assert.That(line.Warnings.Select(warning => warning.Kind), Does.Contain(LyricWarningKind.TextCut));
    }

    [Test]
    public void Analyze_TextOfManyPieces_KeepsEveryCharacter()
    {
        Assert.That(MeCabAnalyzer.TryOpen(JapaneseFolders.Any, out _), Is.Not.Null);
        MeCabAnalyzer analyzer = MeCabAnalyzer.TryOpen(JapaneseFolders.Any, out _)!;
        string text = string.Concat(Enumerable.Repeat("月が眠る川の上を裸足で歩いている。𠮷", 1000));

        IReadOnlyList<JapaneseWord> words = analyzer.Analyze(text);

        Assert.That(string.Concat(words.Select(word => word.Surface)), Is.EqualTo(text));
    }

    private static string MakeFolder(string parent, string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "sys.dic"), "");
        return folder;
    }
}
