using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>Romanizes the kana of one word by Hepburn's rules, which depend on neighbouring kana.</summary>
internal static class KanaRomanizer
{
    /// <summary>The small tsu, which doubles the consonant after it. At the end of a word it stays.</summary>
    public const string SmallTsu = "っ";

    private const string SmallKana = "ゃゅょぁぃぅぇぉ";
    private const string Vowels = "あいうえお";

    /// <summary>Romanises a word's kana.</summary>
    /// <exception cref="RomanizationException">A character cannot be romanised; the original fails too.</exception>
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

    // Splits the word into characters, with katakana converted to hiragana.
    private static string[] Split(string word)
    {
        int[] codePoints = CodePoints.Of(word);
        return Array.ConvertAll(codePoints, static codePoint =>
            char.ConvertFromUtf32(codePoint is (>= 0x30A1 and <= 0x30F6) or 0x30FD or 0x30FE ? codePoint - 0x60 : codePoint));
    }
}

/// <summary>Kana cannot be romanised. The original drops the line.</summary>
internal sealed class RomanizationException(string kana)
    : Exception(FormattableString.Invariant($"the kana {kana} (U+{char.ConvertToUtf32(kana, 0):X4}) cannot be romanised here"));

/// <summary>The Hepburn romanisation of kana, and the ASCII forms of Japanese punctuation.</summary>
internal static class KanaTable
{
    private const string Kana = """
        あ a い i う u え e お o
        か ka き ki く ku け ke こ ko が ga ぎ gi ぐ gu げ ge ご go
        さ sa し shi す su せ se そ so ざ za じ ji ず zu ぜ ze ぞ zo
        た ta ち chi つ tsu て te と to だ da ぢ ji づ zu で de ど do
        な na に ni ぬ nu ね ne の no
        は ha ひ hi ふ fu へ he ほ ho ば ba び bi ぶ bu べ be ぼ bo ぱ pa ぴ pi ぷ pu ぺ pe ぽ po
        ま ma み mi む mu め me も mo
        や ya ゆ yu よ yo ら ra り ri る ru れ re ろ ro
        わ wa ゐ wi ゑ we を wo ん n ゔ vu
        ヷ va ヸ vi ヹ ve ヺ vo
        ゃ ya ゅ yu ょ yo ぁ a ぃ i ぅ u ぇ e ぉ o ゕ ka ゖ ke ゎ wa
        ㇰ k ㇱ shi ㇲ su ㇳ to ㇴ nu ㇵ ha ㇶ hi ㇷ fu ㇸ he ㇹ ho ㇺ mu ㇻ ra ㇼ ri ㇽ ru ㇾ re ㇿ ro
        𛅐 wi 𛅑 we 𛅒 wo 𛅤 wi 𛅥 we 𛅦 wo 𛅧 n
        わ゙ va ゑ゙ ve を゙ vo ㇷ゚ p
        しゃ sha しゅ shu しょ sho じゃ ja じゅ ju じょ jo ちゃ cha ちゅ chu ちょ cho
        """;

    private const string Symbols = "ー - 。 . 、 , ， , ？ ? ！ ! 「 \" 」 \" 『 \" 』 \" ： : （ ( 《 ( ） ) 》 ) 【 [ 】 ] ・ /";

    private const char VoicedMark = '\u3099';
    private const char HalfVoicedMark = '\u309A';

    private static readonly Dictionary<string, string> SymbolLetters = Parse(Symbols);
    private static readonly Dictionary<string, string> Letters = Build();

    private const string Unvoiced = "かきくけこさしすせそたちつてとはひふへほ";
    private const string Voiced = "がぎぐげござじずぜぞだぢづでどばびぶべぼ";

    /// <summary>The romanisation of a kana, a pair of kana, or a mark; null if there is none.</summary>
    public static string? Find(string kana) => Letters.GetValueOrDefault(kana);

    /// <summary>The ASCII form of a punctuation mark; null if there is none.</summary>
    public static string? FindSymbol(string symbol) => SymbolLetters.GetValueOrDefault(symbol);

    /// <summary>The voiced kana of an unvoiced one (か: が), or null.</summary>
    public static string? Voice(string kana)
    {
        int index = Unvoiced.IndexOf(kana, StringComparison.Ordinal);
        return index < 0 ? null : Voiced.Substring(index, 1);
    }

    private static Dictionary<string, string> Build()
    {
        Dictionary<string, string> letters = Parse(Kana);
        foreach ((string symbol, string ascii) in SymbolLetters)
        {
            letters.Add(symbol, ascii);
        }

        letters.Add(VoicedMark.ToString(), "");
        letters.Add(HalfVoicedMark.ToString(), "");
        return letters;
    }

    private static Dictionary<string, string> Parse(string table)
    {
        string[] cells = table.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return cells.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }
}
