using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>Numbers with what is not a word around them: <c>(\W*\d+\W+\d*\W*\d*)</c>.</summary>
internal sealed class NumberRule() : MaskRule("00")
{
    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        int start = from; // of the run of non-word characters before the position
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
