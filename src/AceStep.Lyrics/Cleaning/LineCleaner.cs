using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using AceStep.Lyrics.Chinese;
using AceStep.Lyrics.Japanese;
using AceStep.Lyrics.Korean;
using AceStep.Lyrics.Numbers;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Cleaning;

/// <summary>Converts a line of a known language to the text that is sung: lower case, with numbers and symbols in words, and Latin letters for Chinese, Japanese and Korean.</summary>
internal sealed class LineCleaner(JapaneseReader japanese)
{
    /// <summary>Cleans a line without lone surrogates.</summary>
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
            // I is not changed here, so it becomes i, not ı, when the line is lower-cased.
            text = text.Replace('İ', 'i').Replace('Ö', 'ö').Replace('Ü', 'ü');
        }

        text = LowerCase.Of(text);
        string? worded = language == "zh" ? ChineseNumberNormalizer.Normalize(text) : NumberExpander.Expand(text, language);
        if (worded is null)
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.NumbersKept,
                language == "cs"
                    ? "Czech numbers are not written out in words, so the digits stay"
                    : "a number cannot be written out in words, so all digits of the line stay"));
        }

        text = Abbreviations.Expand(worded ?? text, language);
        // The original also collapses double spaces between its steps; after the last step the result is the same.
        return TextRules.CollapseWhiteSpace(TextRules.Strip(Symbols.Expand(text, language)));
    }
}

/// <summary>Replaces symbols by words, with a space on either side. As in the original, the euro sign has no word.</summary>
internal static class Symbols
{
    private const string Signs = "&@%#$£°";

    private static readonly SearchValues<char> AnySign = SearchValues.Create(Signs);

    private static readonly FrozenDictionary<string, string[]> Words = new Dictionary<string, string>
    {
        ["ar"] = "و,على,في المئة,رقم,دولار,جنيه,درجة",
        ["cs"] = "a,na,procento,křížek,dolar,libra,stupně",
        ["de"] = "und,at,prozent,raute,dollar,pfund,grad",
        ["en"] = "and,at,percent,hash,dollar,pound,degree",
        ["es"] = "y,arroba,por ciento,numeral,dolar,libra,grados",
        ["fr"] = "et,arobase,pour cent,dièse,dollar,livre,degrés",
        ["hu"] = "és,kukac,százalék,kettőskereszt,dollár,font,fok",
        ["it"] = "e,chiocciola,per cento,cancelletto,dollaro,sterlina,gradi",
        ["ko"] = "그리고,에,퍼센트,번호,달러,파운드,도",
        ["nl"] = "en,bij,procent,hekje,dollar,pond,graden",
        ["pl"] = "i,małpa,procent,krzyżyk,dolar,funt,stopnie",
        ["pt"] = "e,arroba,por cento,cardinal,dólar,libra,graus",
        ["ru"] = "и,собака,процентов,номер,доллар,фунт,градус",
        ["tr"] = "ve,at,yüzde,diyez,dolar,sterlin,derece",
        ["zh"] = "和,在,百分之,号,美元,英镑,度",
    }.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.Split(','), StringComparer.Ordinal);

    /// <summary>The text with its symbols in words. May contain double spaces, which the caller collapses.</summary>
    public static string Expand(string text, string language)
    {
        int next = text.AsSpan().IndexOfAny(AnySign);
        if (next < 0)
        {
            return text;
        }

        string[] words = Words[language];
        var result = new StringBuilder(text.Length + 32);
        int copied = 0;
        while (next >= 0)
        {
            int sign = copied + next;
            result.Append(text, copied, next).Append(' ').Append(words[Signs.IndexOf(text[sign], StringComparison.Ordinal)]).Append(' ');
            copied = sign + 1;
            next = text.AsSpan(copied).IndexOfAny(AnySign);
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }
}
