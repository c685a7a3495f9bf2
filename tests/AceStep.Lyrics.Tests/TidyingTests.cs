namespace AceStep.Lyrics.Tests;

/// <summary>Lyrics as they come from the web: what the model does not know is told, and tidied where that is asked for.</summary>
public sealed class TidyingTests
{
    private static readonly LyricReading Tidy = new() { Tidy = true };

    private static readonly LyricVocabulary Vocabulary = LyricVocabulary.Load(Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano", "lyric_tokenizer", "vocab.json"));

    private static LyricTokenizer Tokenizer => new(Vocabulary);

    [TestCase("[Verse 1]", "[verse]")]
    [TestCase("[verse: male]", "[verse]")]
    [TestCase("[Verse 2: Somebody & Somebody Else]", "[verse]")]
    [TestCase("[pre chorus]", "[pre-chorus]")]
    [TestCase("[Chorus x2]", "[chorus]")]
    [TestCase("[Chorus ×2]", "[chorus]")]
    [TestCase("[instrumental]", "[inst]")]
    [TestCase("[Chorus (x2)]", "[chorus]")]
    [TestCase("[Bridge (softly)]", "[bridge]")]
    [TestCase("[Final Chorus]", "[chorus]")]
    [TestCase("[Verse One]", "[verse]")]
    [TestCase("[Guitar Solo]", "[solo]")]
    [TestCase("[Intro - Synth Rise & Vocal Chop]", "[intro]")]
    [TestCase("(Verse)", "[verse]")]
    [TestCase("(Chorus x3)", "[chorus]")]
    [TestCase("Verse 1:", "[verse]")]
    [TestCase("Chorus：", "[chorus]")]
    [TestCase("**[Chorus]**", "[chorus]")]
    [TestCase("## Bridge", "[bridge]")]
    [TestCase("**Outro**", "[outro]")]
    [TestCase("【副歌】", "[chorus]")]
    [TestCase("[副歌]", "[chorus]")]
    [TestCase("［verse］", "[verse]")]
    [TestCase("[Estribillo]", "[chorus]")]
    [TestCase("[Припев]", "[chorus]")]
    [TestCase("[サビ]", "[chorus]")]
    public void Encode_SectionInAnotherSpelling_IsToldAndTidied(string written, string tag)
    {
        LyricLine told = Tokenizer.Encode(written).Lines.Single();
        LyricLine tidied = Tokenizer.Encode(written, Tidy).Lines.Single();

        Assert.That(told.Text, Is.EqualTo(written));
        Assert.That(told.Warnings.Single(warning => warning.Kind == LyricWarningKind.UnknownTag).Message, Does.Contain($"write {tag}"));
        Assert.That(tidied.Text, Is.EqualTo(tag));
        Assert.That(tidied.Ids, Is.EqualTo(Tokenizer.Encode(tag).Lines.Single().Ids));
        Assert.That(tidied.Warnings.Single().Kind, Is.EqualTo(LyricWarningKind.Tidied));
        Assert.That(tidied.Warnings.Single().Message, Does.Contain(written));
    }

    [TestCase("[singer 1: male]")]
    [TestCase("[whispered]")]
    [TestCase("【念白】")]
    public void Encode_BracketsThatNoSectionIsKnownFor_AreToldAndStay(string written)
    {
        LyricLine told = Tokenizer.Encode(written).Lines.Single();
        LyricLine tidied = Tokenizer.Encode(written, Tidy).Lines.Single();

        Assert.That(told.Warnings.Single(warning => warning.Kind == LyricWarningKind.UnknownTag).Message, Does.Contain("it knows [").And.Contain("[chorus]"));
        Assert.That(tidied.Ids, Is.EqualTo(told.Ids));
    }

    [TestCase("[Verse]")]
    [TestCase("[VERSE]")]
    [TestCase("[pre-chorus]")]
    [TestCase("[verse] Neon lights")]
    [TestCase("(ooh, ooh)")]
    [TestCase("Verse")]
    [TestCase("She said: stay")]
    [TestCase("副歌")]
    [TestCase("10:30 at the station")]
    public void Encode_WordsAndTheModelsOwnTags_AreNotWarnedOf(string line) =>
        Assert.That(Tokenizer.Encode(line).Lines.Single().Warnings.Select(warning => warning.Kind), Has.None.EqualTo(LyricWarningKind.UnknownTag));

    [Test]
    public void Encode_LanguageMarkThatIsNotRead_IsTold()
    {
        LyricLine sung = Tokenizer.Encode("[lang:it] 3 stelle").Lines.Single();
        LyricLine read = Tokenizer.Encode("[lang:it] 3 stelle", new LyricReading { ReadLanguageMarks = true }).Lines.Single();

        Assert.That(sung.Warnings.Single(warning => warning.Kind == LyricWarningKind.UnknownTag).Message, Does.Contain("language mark"));
        Assert.That((read.Language, read.Warnings.Count), Is.EqualTo(("it", 0)));
    }

    [Test]
    public void Encode_LyricsFile_LosesItsStampsAndNotesWhereItIsTidied()
    {
        const string Lrc = "[ti:Song]\n[ar:Artist]\n[00:01.00]Neon lights\n[00:05.20][01:05.20]Stay with me\n[00:09]<00:09.10>One <00:09.80>two\n\nplain";

        LyricEncoding told = Tokenizer.Encode(Lrc);
        LyricEncoding tidied = Tokenizer.Encode(Lrc, Tidy);

        Assert.That(told.Lines.Where(line => line.Warnings.Any(warning => warning.Kind == LyricWarningKind.UnknownTag)).Select(line => line.Number), Is.EqualTo((int[])[1, 2, 3, 4, 5]));
        Assert.That(tidied.Lines.Where(line => !line.IsDropped).Select(line => line.Text), Is.EqualTo((string[])["Neon lights", "Stay with me", "One two", "", "plain"]));
        Assert.That(tidied.Lines.Where(line => line.IsDropped).Select(line => (line.Number, line.Warnings.Single().Kind)), Is.EqualTo(((int, LyricWarningKind)[])[(1, LyricWarningKind.Tidied), (2, LyricWarningKind.Tidied)]));
        Assert.That(tidied.Ids, Is.EqualTo(Tokenizer.Encode("Neon lights\nStay with me\nOne two\n\nplain").Ids));
    }

    [Test]
    public void Encode_OtherLineBreaks_SplitWhereTheyAreTidied()
    {
        const string Text = "[verse] Neon lights\u2028[chorus]\u2029Stay";

        LyricEncoding told = Tokenizer.Encode(Text);
        LyricEncoding tidied = Tokenizer.Encode(Text, Tidy);

        Assert.That(told.Lines.Single().Warnings.Select(warning => warning.Kind), Has.One.EqualTo(LyricWarningKind.LineBreak));
        Assert.That(tidied.Lines.Select(line => (line.Number, line.Text)), Is.EqualTo(((int, string)[])[(1, "[verse]"), (1, "Neon lights"), (1, "[chorus]"), (1, "Stay")]));
        Assert.That(tidied.Ids, Is.EqualTo(Tokenizer.Encode("[verse]\nNeon lights\n[chorus]\nStay").Ids));
    }

    [Test]
    public void Encode_Markdown_IsTakenOutWhereItIsTidied()
    {
        LyricEncoding tidied = Tokenizer.Encode("# My song\n```\n*Neon* lights\n**Stay** with me\\\n> home\n---", Tidy);

        Assert.That(tidied.Lines.Where(line => !line.IsDropped).Select(line => line.Text), Is.EqualTo((string[])["My song", "*Neon* lights", "Stay with me", "home"]));
        Assert.That(tidied.Lines.Count(line => line.IsDropped), Is.EqualTo(2));
    }

    [Test]
    public void Encode_TidyTextThatIsTidy_ChangesNothing()
    {
        const string Text = "[verse]\nNeon lights\n\n[Chorus]\nStay (with me)\n";

        LyricEncoding tidied = Tokenizer.Encode(Text, Tidy);

        Assert.That(tidied.Ids, Is.EqualTo(Tokenizer.Encode(Text).Ids));
        Assert.That(tidied.Lines.SelectMany(line => line.Warnings), Is.Empty);
    }

    [Test]
    public void Encode_AnyText_TidiesWithoutFailingAndInBoundedTime([Values("[", "【", "*", "#", "[00:", "<00:00>", "\u2028", "(", "`")] string piece)
    {
        string text = string.Concat(Enumerable.Repeat(piece, 20_000));

        LyricEncoding tidied = Tokenizer.Encode(text, new LyricReading { Tidy = true, Language = "en" });

        Assert.That(tidied.Ids, Is.Not.Empty);
    }

    [Test]
    public void Encode_SharedTags_ToldAreThoseThatAreSung()
    {
        LyricEncoding told = Tokenizer.Encode(SharedCase("tags.txt"));

        string[] sung = [.. told.Lines.Where(line => line.Warnings.Any(warning => warning.Kind == LyricWarningKind.UnknownTag)).Select(line => line.Text)];
        Assert.That(sung, Is.EqualTo((string[])
        [
            "[Verse 1]", "[verse: male]", "[singer 1: male]", "[pre chorus]", "[Chorus x2]", "[instrumental]", "[Instrumental]", "[Guitar Solo]",
            "[Intro - Synth Rise & Vocal Chop]", "(Verse)", "Verse 1:", "**[Chorus]**", "【副歌】", "[副歌]", "［verse］",
        ]));
    }

    [Test]
    public void Encode_SharedSpanish_IsSpanishWhereTheLanguageIsNamed()
    {
        string text = SharedCase("spanish2.txt");

        LyricEncoding found = Tokenizer.Encode(text);
        LyricEncoding named = Tokenizer.Encode(text, new LyricReading { Language = "es" });

        Assert.That(named.Lines.Where(line => line.Text.Length > 0).Select(line => line.Language), Is.All.EqualTo("es"));
        Assert.That(found.Lines.Where(line => line.Text.Length > 0 && line.Text[0] != '[').Count(line => line.Language != "es"), Is.EqualTo(7));
    }

    [TestCase("lrc.txt", "Neon lights are calling me home|我的心在跳|Mi corazón late")]
    [TestCase("u2028.txt", "[verse]|Neon lights are calling|[chorus]|Stay with me")]
    public void Encode_SharedFiles_AreTidied(string name, string lines)
    {
        LyricEncoding tidied = Tokenizer.Encode(SharedCase(name), Tidy);

        Assert.That(tidied.Lines.Where(line => !line.IsDropped && line.Text.Length > 0).Select(line => line.Text), Is.EqualTo(lines.Split('|')));
    }

    private static string SharedCase(string name)
    {
        string path = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "cases", "lyrics", name);
        if (!File.Exists(path))
        {
            Assert.Ignore($"{path} is not part of the repository.");
        }

        return File.ReadAllText(path);
    }
}
