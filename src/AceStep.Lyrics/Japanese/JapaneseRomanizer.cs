using System.Globalization;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>Converts analysed words to romaji with spaces, not yet in lower case.</summary>
internal static class JapaneseRomanizer
{
    private const string Punctuation = "補助記号";
    private const string Particle = "助詞";
    private const string ConnectiveParticle = "接続助詞";
    private const string Auxiliary = "助動詞";

    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["ホッピー"] = "Hoppy",
        ["東京"] = "Tokyo",
        ["大阪"] = "Osaka",
        ["京都"] = "Kyoto",
        ["柔道"] = "judo",
        ["弁当"] = "bento",
        ["ヒルズ"] = "hills",
        ["カービィ"] = "Kirby",
    };

    /// <summary>Romanizes words and joins them.</summary>
    /// <exception cref="RomanizationException">A word has kana that cannot be romanised.</exception>
    public static string Romanize(IReadOnlyList<JapaneseWord> words)
    {
        var tokens = new List<Token>(words.Count);
        for (int index = 0; index < words.Count; index++)
        {
            Append(tokens, words[index], index + 1 < words.Count ? words[index + 1] : null);
        }

        var result = new StringBuilder();
        foreach (Token token in tokens)
        {
            result.Append(token.Letters.Replace(KanaRomanizer.SmallTsu, "", StringComparison.Ordinal));
            if (token.SpaceBehind)
            {
                result.Append(' ');
            }
        }

        return TextRules.Strip(result.ToString());
    }

    private static void Append(List<Token> tokens, JapaneseWord word, JapaneseWord? next)
    {
        Token? last = tokens.Count > 0 ? tokens[^1] : null;
        if (word.Surface == "'" && next is { Kind: CharacterKind.AsciiLetter, HasSpaceBefore: false } && !word.HasSpaceBefore)
        {
            last?.SpaceBehind = false;
            tokens.Add(new Token(word.Surface));
            return;
        }

        string letters = Letters(word);
        if (letters.Length > 0 && last is not null && last.Letters.EndsWith(KanaRomanizer.SmallTsu, StringComparison.Ordinal))
        {
            last.Letters = last.Letters[..^KanaRomanizer.SmallTsu.Length] + First(letters);
        }

        if (word.Surface is "「" or "『" or "「『" || letters is "" or "(" or "[" or "([")
        {
            // A symbol that is left out still separates its neighbours.
            last?.SpaceBehind = true;
            tokens.Add(new Token(letters));
        }
        else if (letters == "/")
        {
            tokens.Add(new Token(letters));
        }
        else if (next is not null && Ascii.IsValid(word.Surface) && Ascii.IsValid(next.Surface))
        {
            tokens.Add(new Token(word.Surface) { SpaceBehind = next.HasSpaceBefore });
        }
        else
        {
            tokens.Add(new Token(letters) { SpaceBehind = next is null || NeedsSpace(word, letters, next) });
        }
    }

    private static bool NeedsSpace(JapaneseWord word, string letters, JapaneseWord next) =>
        !(word.Class == "接頭辞"
            || next.Class is Punctuation or "接尾辞"
            || next.Surface == ","
            || (ForeignSpelling(word) is not null && letters.EndsWith('-'))
            || ConnectiveParticle.Contains(next.Subclass, StringComparison.Ordinal)
            || (IsDigits(word.Surface) && IsDigits(next.Surface))
            || (word.Class is "動詞" or Auxiliary or "形容詞" && next.Class == Auxiliary && next.Surface != "です"));

    private static string Letters(JapaneseWord word)
    {
        string surface = word.Surface;
        if (Exceptions.TryGetValue(surface, out string? exception))
        {
            return exception;
        }

        if (Ascii.IsValid(surface) || IsDigits(surface))
        {
            return surface;
        }

        if (surface is "€" or "¥")
        {
            return "";
        }

        if (word.IsUnknown)
        {
            return word.Kind is CharacterKind.Hiragana or CharacterKind.Katakana
                ? KanaRomanizer.Romanize(surface)
                : new string('?', CodePoints.Of(surface).Length);
        }

        if (word.Class == Punctuation)
        {
            // Repeated small kana (おぉぉ) are treated as punctuation too.
            return KanaTable.Find(surface) ?? "";
        }

        if (word.Class == Particle && word.Pronunciation is "ワ" or "エ")
        {
            return word.Pronunciation == "ワ" ? "wa" : "e";
        }

        return ForeignSpelling(word) ?? (word.Kana.Length > 0 ? KanaRomanizer.Romanize(word.Kana) : surface);
    }

    // The foreign word after the hyphen of a lemma: コート has the lemma コート-coat.
    private static string? ForeignSpelling(JapaneseWord word)
    {
        int hyphen = word.Lemma.IndexOf('-', StringComparison.Ordinal);
        return hyphen >= 0 && !word.Surface.Contains('-', StringComparison.Ordinal) && Ascii.IsValid(word.Lemma.AsSpan(hyphen + 1))
            ? word.Lemma[(hyphen + 1)..]
            : null;
    }

    // Decimal digits, and other digits that remain in compatibility form.
    private static bool IsDigits(string text)
    {
        for (int index = 0; index < text.Length;)
        {
            int start = index;
            CodePoints.Next(text, ref index);
            if (CharUnicodeInfo.GetDigitValue(text, start) < 0)
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private static string First(string letters) => char.IsHighSurrogate(letters[0]) ? letters[..2] : letters[..1];

    private sealed class Token(string letters)
    {
        public string Letters { get; set; } = letters;

        public bool SpaceBehind { get; set; }
    }
}
