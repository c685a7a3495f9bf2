using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>The kana rules: one word's kana in Hepburn letters, each kana seen with its neighbours.</summary>
internal static class KanaRomanizer
{
    /// <summary>The small tsu, which doubles the consonant behind it; left standing where the word ends.</summary>
    public const string SmallTsu = "っ";

    private const string SmallKana = "ゃゅょぁぃぅぇぉ";
    private const string Vowels = "あいうえお";

    /// <summary>Romanises a word's kana.</summary>
    /// <exception cref="RomanizationException">A character has no letters; the original raises as well.</exception>
    public static string Romanize(string word)
    {
        string[] kana = Split(word);
        var result = new StringBuilder(word.Length * 2);
        for (int index = 0; index < kana.Length; index++)
        {
            string? before = index > 0 ? kana[index - 1] : null;
            string? after = index + 1 < kana.Length ? kana[index + 1] : null;
            result.Append(Letters(before, kana[index], after));
        }

        return result.ToString();
    }

    private static string Letters(string? before, string kana, string? after)
    {
        switch (kana)
        {
            case "々" or "〃":
                return "";
            case "ゝ":
                // Not romanised, as in the original.
                return before ?? "";
            case "ゞ":
                return before is not null && KanaTable.Voice(before) is { } voiced ? Require(voiced) : "";
        }

        if (before is not null && KanaTable.Find(before + kana) is { } pair)
        {
            return pair;
        }

        if (after is not null)
        {
            if (KanaTable.Find(kana + after) is not null)
            {
                return "";
            }

            if (SmallKana.Contains(after, StringComparison.Ordinal))
            {
                return kana == SmallTsu ? "" : WithoutLast(Require(kana)) + Require(after);
            }
        }

        if (SmallKana.Contains(kana, StringComparison.Ordinal))
        {
            return "";
        }

        return kana switch
        {
            "ー" when before is not null && KanaTable.Find(before) is { } lengthened => LetterOf(lengthened, ^1, before),
            "ー" => "-",
            SmallTsu when after is null => SmallTsu,
            SmallTsu when after == "ち" => "t",
            SmallTsu when after == SmallTsu || Vowels.Contains(after, StringComparison.Ordinal) => "-",
            SmallTsu => LetterOf(Require(after), 0, after),
            "ん" when after is not null && (Vowels + "やゆよ").Contains(after, StringComparison.Ordinal) => "n'",
            _ => Require(kana),
        };
    }

    private static string WithoutLast(string letters) => letters.Length > 0 ? letters[..^1] : "";

    private static string LetterOf(string letters, Index index, string kana) =>
        letters.Length > 0 ? letters[index].ToString() : throw new RomanizationException(kana);

    private static string Require(string kana) => KanaTable.Find(kana) ?? throw new RomanizationException(kana);

    // The characters as strings, katakana as hiragana.
    private static string[] Split(string word)
    {
        int[] codePoints = CodePoints.Of(word);
        return Array.ConvertAll(codePoints, static codePoint =>
            char.ConvertFromUtf32(codePoint is (>= 0x30A1 and <= 0x30F6) or 0x30FD or 0x30FE ? codePoint - 0x60 : codePoint));
    }
}

/// <summary>Kana that the rules cannot write; the original drops the line.</summary>
internal sealed class RomanizationException(string kana)
    : Exception(FormattableString.Invariant($"the kana {kana} (U+{char.ConvertToUtf32(kana, 0):X4}) cannot be romanised here"));
