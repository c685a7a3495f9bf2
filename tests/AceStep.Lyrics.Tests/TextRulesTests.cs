using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Tests;

internal sealed class TextRulesTests
{
    [TestCase("ΟΔΟΣ ΜΟΥ ΑΣ", "οδος μου ας")]
    [TestCase("ΑΣ.Α", "ασ.α")]
    [TestCase("ΑΣ. ΑΣ'", "ας. ας'")]
    [TestCase("İstanbul", "i\u0307stanbul")]
    [TestCase("KÅΩ", "kåω")]
    [TestCase("ÀÉ ǅ 𐐀", "àé ǆ 𐐨")]
    public void LowerCase_OfLettersThatDotNetMapsOtherwise_IsTheFullMapping(string text, string lower)
    {
        Assert.That(LowerCase.Of(text), Is.EqualTo(lower));
    }

    [Test]
    public void IsWord_MarksAndSurrogates_AreNone()
    {
        Assert.That("é²½①_9字Ⅳ".All(unit => TextRules.IsWord(unit)), Is.True);
        Assert.That("\u0301\u093E\u200D-\u3000\uD800".Any(unit => TextRules.IsWord(unit)), Is.False);
    }

    [Test]
    public void IsWord_LetterNewerThanTheOriginals_IsNone()
    {
        // U+31350 came with Unicode 15, U+1C89 with 16.
        Assert.That(TextRules.IsWord(0x31350) || TextRules.IsWord(0x1C89) || TextRules.IsDigit(0x1E4F0), Is.False);
        Assert.That(TextRules.IsWord(0x3134A) && TextRules.IsWord(0x1C88), Is.True);
    }

    [Test]
    public void Strip_WhiteSpaceOfEveryKind_IsTakenFromBothEnds()
    {
        Assert.That(TextRules.Strip("\u001C\u001F\u0085\u00A0\u2028\t a\u200Bb \u3000\v"), Is.EqualTo("a\u200Bb"));
        Assert.That(TextRules.CollapseWhiteSpace("a\u001F \tb\u3000c"), Is.EqualTo("a b c"));
    }

    [Test]
    public void CodePoints_OfTextWithLoneSurrogates_GiveTheTextBack()
    {
        const string Text = "a\uD83D\uDE00\uDE00\uD83Db";

        int[] codePoints = CodePoints.Of(Text);

        Assert.That(codePoints, Is.EqualTo(new[] { 'a', 0x1F600, 0xDE00, 0xD83D, 'b' }));
        Assert.That(CodePoints.ToText(codePoints), Is.EqualTo(Text));
        Assert.That(CodePoints.HasLoneSurrogate(Text), Is.True);
        Assert.That(CodePoints.HasLoneSurrogate("a😀b"), Is.False);
    }
}
