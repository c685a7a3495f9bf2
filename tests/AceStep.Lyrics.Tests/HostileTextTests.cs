using System.Globalization;
using System.Text;

namespace AceStep.Lyrics.Tests;

/// <summary>Text that nobody sings: it must cost time in proportion to its length, crash nothing and be reported.</summary>
internal sealed class HostileTextTests
{
    // One character in this many bytes is the worst of what follows, Japanese through MeCab; the rest is far below.
    private static readonly TimeSpan MostPerMegabyte = TimeSpan.FromSeconds(20);

    private static readonly (string Unit, string? Language)[] Units =
    [
        ("9", null), ("9", "en"), ("9", "zh"), ("9", "hu"), ("1.000,5 12. $3.50 3rd ", "de"), ("1,000.5 ", "ru"), ("1a111", "fr"), ("€,.", "es"),
        ("..5£", "pt"), ("9个", "zh"), ("1x1个", "zh"), ("a二b", "zh"), ("１２３元", "zh"), ("mr.", "en"), ("&%", "en"), ("Σ.", "en"), ("İ", "tr"),
        ("ażöč", null), ("aЖ", null), ("(", null), ("(abc ", null), ("abc)", null), ("<a>x", null), ("<", null), ("<zh|ja>x</a>", null), ("\"'", null),
        ("1.1.1.", null), ("a.é.", null), ("爱.我", null), ("你好世界", null), ("⑥1234567⑥", null), ("⑥$$$$$$$$", null),
        ("⑥0000⑥00000000⑥0000⑥ 1 ", null), ("<date>2023-12-24</date>", null), ("사랑해", null), ("a", null), ("😀", null), ("👩\u200D👩", null),
        ("हवा ", null), ("สวัสดี ", null), ("\u202Eabc\u202C", null), ("[verse]", null), ("[", null), ("\uD800", null), ("\uDC00\uD800", "ja"),
        ("あいうえお", null), ("ア", "ja"), ("a", "ja"), ("漢字", "ja"), ("っ", "ja"), (" あ", "ja"), ("か\u0316\u0301\u0316\u0301", "ja"), ("あ\0", "ja"),
    ];

    private static IEnumerable<TestCaseData> UnitCases() =>
        Units.Select(unit => new TestCaseData(unit.Unit, unit.Language).SetArgDisplayNames(Name(unit.Unit), unit.Language ?? "any"));

    // What other threads of the process do meanwhile counts too; a quadratic step fails every time.
    [TestCaseSource(nameof(UnitCases))]
    [Retry(3)]
    public void EncodeLine_LongRepetition_CostsInProportionToItsLength(string unit, string? language)
    {
        LyricTokenizer tokenizer = new(Vocabularies.Tiny, JapaneseFolders.OptionsWithOriginal);
        tokenizer.EncodeLine(Repeat(unit, 1000), language);

        TimeSpan shorter = CpuTime.Of(() => tokenizer.EncodeLine(Repeat(unit, 50_000), language));
        TimeSpan longer = CpuTime.Of(() => tokenizer.EncodeLine(Repeat(unit, 200_000), language));
        TestContext.Out.WriteLine($"50,000: {shorter.TotalMilliseconds:F0} ms, 200,000: {longer.TotalMilliseconds:F0} ms");

        // Four times the length; a quadratic step takes sixteen times as long. Below 100 ms the clock is too coarse.
        Assert.That(longer, Is.LessThan(TimeSpan.FromMilliseconds(100) + 10 * shorter));
        Assert.That(longer, Is.LessThan(MostPerMegabyte / 5));
    }

    [Test]
    public void EncodeLine_HundredKilobytesOfEnglish_TakesLessThanASecond()
    {
        LyricTokenizer tokenizer = new(Vocabularies.Tiny);
        string text = Repeat("Walking down the river when the morning turns to gold, ", 100_000);

        TimeSpan time = CpuTime.Of(() => Assert.That(tokenizer.EncodeLine(text).Language, Is.EqualTo("en")));

        Assert.That(time, Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void EncodeLine_MegabyteLines_EndInTime()
    {
        LyricTokenizer tokenizer = new(Vocabularies.Tiny);
        foreach (string unit in new[] { "Walking down the river 25 times. ", "ажź (x) ", "太阳会再升起。" })
        {
            TimeSpan time = CpuTime.Of(() => tokenizer.EncodeLine(Repeat(unit, 1_000_000)));
            TestContext.Out.WriteLine($"{unit}: {time.TotalMilliseconds:F0} ms");
            Assert.That(time, Is.LessThan(MostPerMegabyte));
        }
    }

    [Test]
    public void Encode_TenThousandNines_IsSungInEveryLanguage()
    {
        LyricTokenizer tokenizer = new(Vocabularies.Tiny, JapaneseFolders.OptionsWithOriginal);
        foreach (string language in LyricTokenizer.SupportedLanguages)
        {
            LyricLine line = tokenizer.EncodeLine(new string('9', 10_000), language);
            Assert.That(line.IsDropped, Is.False, language);
            Assert.That(line.Ids, Has.Count.GreaterThanOrEqualTo(10_000), language);
        }
    }

    [Test]
    public void EncodeLine_EveryCodePoint_IsEncodedOrReported()
    {
        LyricTokenizer tokenizer = new(Vocabularies.Tiny, new LyricTokenizerOptions(), () => []);
        for (int first = 0; first < 0x110000; first += 0x400)
        {
            // White space at the ends would be stripped; a lone surrogate drops the line.
            var text = new StringBuilder("x");
            for (int codePoint = first; codePoint < first + 0x400; codePoint++)
            {
                Text.CodePoints.Append(text, codePoint);
            }

            LyricLine line = tokenizer.EncodeLine(text.Append('x').ToString(), first % 0x800 == 0 ? null : "hi");
            bool surrogates = first is >= 0xD800 and <= 0xDFFF;
            Assert.That(line.IsDropped, Is.EqualTo(surrogates), $"U+{first:X4}");
            Assert.That(line.Ids.Count, surrogates ? Is.Zero : Is.GreaterThan(2), $"U+{first:X4}");
        }
    }

    [Test]
    public void EncodeLine_DigitsOfEveryScript_AreEncoded()
    {
        string digits = string.Concat(Enumerable.Range(0, 0x110000)
            .Where(codePoint => codePoint is < 0xD800 or > 0xDFFF && CharUnicodeInfo.GetUnicodeCategory(codePoint) == UnicodeCategory.DecimalDigitNumber)
            .Select(char.ConvertFromUtf32));
        LyricTokenizer tokenizer = new(Vocabularies.Tiny, new LyricTokenizerOptions(), () => []);

        foreach (string? language in LyricTokenizer.SupportedLanguages.Append(null))
        {
            foreach (string text in new[] { digits, digits + "%", "<currency>" + digits + "</currency>", digits + "元" + digits + "月1日" })
            {
                Assert.That(tokenizer.EncodeLine(text, language).IsDropped, Is.False, language);
            }
        }
    }

    [Test]
    public void EncodeLine_KeysThatContainThemselves_AreEnglish()
    {
        // Taking the inner keys out leaves the key of the quote itself inside the quote.
        const string Self = "⑥$4⑥0000000⑥000000⑥";
        LyricTokenizer tokenizer = new(Vocabularies.Tiny);

        LyricLine line = tokenizer.EncodeLine($"（{Self} {Self} word）");

        Assert.That(line.Language, Is.EqualTo("en"));
        Assert.That(line.Warnings.Select(warning => warning.Kind), Does.Contain(LyricWarningKind.LanguageNotFound));
    }

    private static string Repeat(string unit, int length) => string.Concat(Enumerable.Repeat(unit, Math.Max(1, length / unit.Length)));

    private static string Name(string unit) => string.Concat(unit.Take(12).Select(letter =>
        letter is > ' ' and < '\u007F' && letter is not ('"' or '<' or '>' or '&') ? letter.ToString() : $"u{(int)letter:X4}"));
}
