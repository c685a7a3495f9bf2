namespace AceStep.Lyrics.Tests;

internal sealed class LyricTokenizerTests
{
    private static LyricTokenizer Tokenizer(LyricTokenizerOptions? options = null) => new(Vocabularies.Tiny, options);

    [Test]
    public void Encode_Lyrics_StartsWithStartAndEndsEveryLine()
    {
        LyricEncoding encoding = Tokenizer().Encode("[verse]\nWalking down the river\n\n  \r\nWalking on");

        IEnumerable<int> expected = encoding.Lines.SelectMany(line => line.Ids.Append(2)).Prepend(261);
        Assert.That(encoding.Ids, Is.EqualTo(expected));
        Assert.That(encoding.Lines.Select(line => line.Number), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(encoding.Lines.Select(line => line.Language), Is.EqualTo(new[] { "en", "en", null, null, "en" }));
        Assert.That(encoding.Lines[3].Text, Is.Empty);
    }

    [Test]
    public void Encode_EmptyLyrics_IsOneBlankLine()
    {
        Assert.That(Tokenizer().Encode("").Ids, Is.EqualTo(new[] { 261, 2 }));
    }

    [TestCase("[verse]")]
    [TestCase("so [verse] on")]
    [TestCase("sing[chorus]ing")]
    public void EncodeLine_StructureTagAnywhere_IsOneToken(string text)
    {
        string tag = Vocabularies.Tiny.StructureTags.Single(text.Contains);
        var alone = new List<int>();
        Vocabularies.Tiny.Encoder.Encode(tag, alone, []);

        Assert.That(alone, Has.Count.EqualTo(1));
        Assert.That(Tokenizer().EncodeLine(text).Ids, Does.Contain(alone[0]));
    }

    [Test]
    public void EncodeLine_LineThatStartsWithATag_IsEnglish()
    {
        LyricLine line = Tokenizer().EncodeLine("[Chorus] 我爱你，今天是新的一天");

        Assert.That(line.Language, Is.EqualTo("en"));
        Assert.That(line.DetectedLanguage, Is.EqualTo("zh"));
        Assert.That(line.Warnings.Select(warning => warning.Kind), Does.Contain(LyricWarningKind.UnknownCharacters));
    }

    [Test]
    public void EncodeLine_LanguageOutsideTheSupported_IsEnglishWithAWarning()
    {
        LyricLine line = Tokenizer().EncodeLine("Månen vandrer barfot over elven og sover aldri");

        Assert.That(line.Language, Is.EqualTo("en"));
        Assert.That(LyricTokenizer.SupportedLanguages, Does.Not.Contain(line.DetectedLanguage));
        Assert.That(line.Warnings[0].Kind, Is.EqualTo(LyricWarningKind.UnsupportedLanguage));
        Assert.That(line.Warnings[0].Message, Does.Contain($"\"{line.DetectedLanguage}\""));
    }

    [Test]
    public void Encode_LanguagesOfLines_AreNotLookedFor()
    {
        var languages = new Dictionary<int, string> { [2] = "es" };

        LyricEncoding encoding = Tokenizer().Encode("2 roses\n2 roses\n2 roses", languages);

        Assert.That(encoding.Lines[1].Language, Is.EqualTo("es"));
        Assert.That(encoding.Lines[1].DetectedLanguage, Is.Null);
        Assert.That(encoding.Lines[1].Cleaned, Is.EqualTo("dos roses"));
        Assert.That(encoding.Lines[2].DetectedLanguage, Is.Not.Null);
    }

    [Test]
    public void EncodeLine_LanguageInTheOptions_HoldsUnlessTheLineHasItsOwn()
    {
        LyricTokenizer tokenizer = Tokenizer(new() { Language = "de", ReadLanguageMarks = true });

        Assert.That(tokenizer.EncodeLine("25").Cleaned, Is.EqualTo("fünfundzwanzig"));
        Assert.That(tokenizer.EncodeLine("[lang:fr] 25").Cleaned, Is.EqualTo("vingt-cinq"));
        Assert.That(tokenizer.EncodeLine("[lang:fr] 25", "it").Cleaned, Is.EqualTo("[lang:fr] venticinque"));
    }

    [Test]
    public void EncodeLine_LanguageMark_IsReadOnlyWhenAskedFor()
    {
        LyricLine read = Tokenizer(new() { ReadLanguageMarks = true }).EncodeLine("[lang:it] 3 stelle");
        LyricLine sung = Tokenizer().EncodeLine("[lang:it] 3 stelle");

        Assert.That((read.Language, read.Text, read.Cleaned), Is.EqualTo(("it", "3 stelle", "tre stelle")));
        Assert.That((sung.Language, sung.Cleaned), Is.EqualTo(("en", "[lang:it] three stelle")));
    }

    [Test]
    public void EncodeLine_MarkOfNoLanguage_IsSungWithAWarning()
    {
        LyricLine line = Tokenizer(new() { ReadLanguageMarks = true }).EncodeLine("[lang:xx] hello");

        Assert.That(line.Cleaned, Is.EqualTo("[lang:xx] hello"));
        Assert.That(line.Warnings.Select(warning => warning.Kind), Does.Contain(LyricWarningKind.UnsupportedLanguage));
    }

    [Test]
    public void EncodeLine_UnknownLanguage_NamesTheSupported()
    {
        ArgumentException? exception = Assert.Throws<ArgumentException>(() => Tokenizer().EncodeLine("hello", "zh-cn"));

        Assert.That(exception!.Message, Does.Contain("\"zh-cn\"").And.Contain("en, de, fr"));
        Assert.Throws<ArgumentException>(() => Tokenizer(new() { Language = "xx" }));
        Assert.Throws<ArgumentException>(() => Tokenizer().Encode("a", new Dictionary<int, string> { [1] = "" }));
    }

    [Test]
    public void Encode_LoneSurrogate_DropsTheLineOrThrows()
    {
        const string Lyrics = "one\ntwo \uD83D\nthree";

        LyricEncoding encoding = Tokenizer().Encode(Lyrics);
        LyricLineException? exception =
            Assert.Throws<LyricLineException>(() => Tokenizer(new() { Strict = true }).Encode(Lyrics));

        Assert.That(encoding.Ids, Is.EqualTo(Tokenizer().Encode("one\nthree").Ids));
        Assert.That(encoding.Lines[1].IsDropped, Is.True);
        Assert.That(encoding.Lines[1].Warnings[^1].Kind, Is.EqualTo(LyricWarningKind.LineDropped));
        Assert.That(exception!.LineNumber, Is.EqualTo(2));
    }

    [TestCase("cs", "Je 25 hodin", "Czech")]
    [TestCase("it", "mille 1234567890123456789012345678901234567890123456789012345678901234567", "cannot be written out in words")]
    public void EncodeLine_NumberThatCannotBeWorded_KeepsDigitsWithAWarning(string language, string text, string message)
    {
        LyricLine line = Tokenizer().EncodeLine(text, language);

        Assert.That(line.Cleaned, Is.EqualTo(text.ToLowerInvariant()));
        Assert.That(line.Warnings[0].Kind, Is.EqualTo(LyricWarningKind.NumbersKept));
        Assert.That(line.Warnings[0].Message, Does.Contain(message));
    }

    [Test]
    public void EncodeLine_UnknownCharacters_AreNamedInAWarning()
    {
        LyricLine line = Tokenizer().EncodeLine("hello 🎵🎵 ☂", "en");

        Assert.That(line.Ids.Count(id => id == 1), Is.EqualTo(3));
        Assert.That(line.Warnings.Single().Message, Does.Contain("3 of its characters: 🎵 ☂"));
    }

    [Test]
    public void EncodeLine_FromManyThreads_GivesTheSame()
    {
        string[] lines =
        [
            "Walking down the river", "Wir bauten 25 Häuser", "月が眠る川の上を", "너의 미소를 외투", "硅谷 那个 coder 调试 3 次", "Napočítal jsem 101 hvězd",
        ];
        LyricTokenizer tokenizer = Tokenizer();
        int[][] expected = [.. lines.Select(line => tokenizer.EncodeLine(line).Ids.ToArray())];

        Parallel.For(0, 2000, index => Assert.That(tokenizer.EncodeLine(lines[index % lines.Length]).Ids, Is.EqualTo(expected[index % lines.Length])));
    }
}
