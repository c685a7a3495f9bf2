using AceStep.Lyrics.Chinese;
using AceStep.Lyrics.Japanese;
using AceStep.Lyrics.Korean;
using AceStep.Lyrics.Numbers;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Cleaning;

/// <summary>Turns a line of a known language into what is sung: lower case, words for numbers and signs, Latin letters.</summary>
internal sealed class LineCleaner(JapaneseReader japanese)
{
    /// <summary>Cleans a line that holds no lone surrogate.</summary>
    /// <exception cref="RomanizationException">Japanese with kana that cannot be romanised.</exception>
    public string Clean(string text, string language, ICollection<LyricWarning> warnings) => language switch
    {
        "ja" => japanese.Read(text, warnings),
        "hi" => TextRules.CollapseWhiteSpace(LowerCase.Of(text)),
        "zh" => Pinyin.Of(CleanWords(text, language, warnings)),
        "ko" => HangulRomanizer.Romanize(CleanWords(text, language, warnings)),
        _ => CleanWords(text, language, warnings),
    };

    private static string CleanWords(string text, string language, ICollection<LyricWarning> warnings)
    {
        text = text.Replace("\"", "", StringComparison.Ordinal);
        if (language == "tr")
        {
            // I stays and becomes i, not ı, with the rest.
            text = text.Replace('İ', 'i').Replace('Ö', 'ö').Replace('Ü', 'ü');
        }

        text = LowerCase.Of(text);
        string? worded = language == "zh" ? ChineseNumberNormalizer.Normalize(text) : NumberExpander.Expand(text, language);
        if (worded is null)
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.NumbersKept,
                language == "cs"
                    ? "Czech numbers are not worded, so the digits stay"
                    : "a number cannot be put into words, so every digit of the line stays"));
        }

        text = Abbreviations.Expand(worded ?? text, language);
        // The original also halves double spaces between its steps; the last step leaves nothing of the difference.
        return TextRules.CollapseWhiteSpace(TextRules.Strip(Symbols.Expand(text, language)));
    }
}
