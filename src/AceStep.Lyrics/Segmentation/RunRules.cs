using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// Runs of one script: <c>(([【《（(“‘"']*[CLASS]+[\W\s]*)+)</c>. A match is the first letter of the class, the opening marks
/// directly before it, and everything after it up to the first word character that is not of the class.
/// </summary>
internal sealed class ScriptRule(string code, Func<int, bool> isLetter) : MaskRule(code)
{
    // Lower case only, as in the original: ø, ß, ą, č, ı, ő and all accented capitals do not belong to the Latin rule.
    private const string AccentedLetters =
        "àáâãäåæçèéêëìíîïðñòóôõöùúûüýþÿđơưăảạắằẳẵặấầẩẫậẻẽẹếềểễệỉĩịỏọốồổỗộớờởỡợũủụứừửữựỷỹ";

    private static readonly bool[] LatinLetters = BuildLatinLetters();

    public static ScriptRule Korean { get; } = new("$6", static codePoint => codePoint is >= 0xAC00 and <= 0xD7A3);

    public static ScriptRule Thai { get; } = new("$8", static codePoint => codePoint is >= 0xE00 and <= 0xE7F);

    public static ScriptRule Cyrillic { get; } =
        new("$7", static codePoint => codePoint is (>= 0x410 and <= 0x44F) or 0x401 or 0x451);

    public static ScriptRule Latin { get; } =
        new("$5", static codePoint => codePoint < LatinLetters.Length && LatinLetters[codePoint]);

    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        int first = from;
        while (first < text.Length && !isLetter(text[first]))
        {
            first++;
        }

        if (first == text.Length)
        {
            match = default;
            return false;
        }

        int start = first;
        while (start > from && text[start - 1] is '【' or '《' or '（' or '(' or '“' or '‘' or '"' or '\'')
        {
            start--;
        }

        int end = first + 1;
        while (end < text.Length && (isLetter(text[end]) || !TextRules.IsWord(text[end])))
        {
            end++;
        }

        match = new MaskMatch(start..end, start..start, start..end);
        return true;
    }

    // Two groups contain the whole match, so the joined groups are never the line.
    protected override bool IsSkipped(ReadOnlySpan<int> text, MaskMatch match) => false;

    private static bool[] BuildLatinLetters()
    {
        var letters = new bool[0x1F00];
        for (char letter = 'a'; letter <= 'z'; letter++)
        {
            letters[letter] = letters[char.ToUpperInvariant(letter)] = true;
        }

        foreach (char letter in AccentedLetters)
        {
            letters[letter] = true;
        }

        return letters;
    }
}

/// <summary>Numbers with the non-word characters around them: <c>(\W*\d+\W+\d*\W*\d*)</c>.</summary>
internal sealed class NumberRule() : MaskRule("00")
{
    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        int start = from; // the start of the run of non-word characters before the position
        for (int position = from; position < text.Length;)
        {
            if (!TextRules.IsWord(text[position]))
            {
                position++;
                continue;
            }

            int digitsEnd = SkipDigits(text, position);
            if (digitsEnd > position && digitsEnd < text.Length && !TextRules.IsWord(text[digitsEnd]))
            {
                int end = SkipDigits(text, SkipOthers(text, SkipDigits(text, SkipOthers(text, digitsEnd))));
                match = new MaskMatch(start..end, start..start, start..end);
                return true;
            }

            position = Math.Max(digitsEnd, position + 1);
            start = position;
        }

        match = default;
        return false;
    }

    private static int SkipDigits(ReadOnlySpan<int> text, int position)
    {
        while (position < text.Length && TextRules.IsDigit(text[position]))
        {
            position++;
        }

        return position;
    }

    private static int SkipOthers(ReadOnlySpan<int> text, int position)
    {
        while (position < text.Length && !TextRules.IsWord(text[position]))
        {
            position++;
        }

        return position;
    }
}
