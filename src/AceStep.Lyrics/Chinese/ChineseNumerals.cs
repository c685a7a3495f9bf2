using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>Chinese words for digits and numbers.</summary>
internal static class ChineseNumerals
{
    public const char Zero = '零';
    public const char Point = '点';

    // Reading a number is recursive, with a level for every 44 digits. The original's limit is about the same.
    private const int MostDigits = 32_768;
    private const string Digits = "零一二三四五六七八九";
    private const char One = '一';
    private const char Ten = '十';
    private const char OtherTwo = '两';

    // Ascending powers of ten. Spoken tags use only the first five.
    private static readonly (int Power, char Name)[] Units =
    [
        (1, Ten), (2, '百'), (3, '千'), (4, '万'), (8, '亿'), (12, '兆'), (16, '京'), (20, '垓'), (24, '秭'),
        (28, '穰'), (32, '沟'), (36, '涧'), (40, '正'), (44, '载'),
    ];

    private const int SpokenUnits = 5;

    public static char Digit(int value) => Digits[value];

    /// <summary>Appends a number digit by digit; a full stop becomes 点. Digits of any script are accepted.</summary>
    public static void AppendDigits(List<int> result, ReadOnlySpan<int> number)
    {
        int start = result.Count;
        foreach (int codePoint in number)
        {
            result.Add(codePoint == '.' ? Point : Digits[TextRules.DigitValue(codePoint)]);
        }

        Polish(result, start);
    }

    /// <summary>Appends a number with or without decimals; false if it is too long.</summary>
    public static bool TryAppendNumber(List<int> result, ReadOnlySpan<int> number)
    {
        int point = number.IndexOf('.');
        ReadOnlySpan<int> whole = point < 0 ? number : number[..point];
        if (whole.Length > MostDigits)
        {
            return false;
        }

        int start = result.Count;
        if (whole.Length == 1)
        {
            result.Add(Digits[TextRules.DigitValue(whole[0])]);
        }
        else
        {
            Read(result, whole, Units);
        }

        UseOtherTwo(result, start);
        if (point >= 0)
        {
            result.Add(Point);
            foreach (int digit in number[(point + 1)..])
            {
                result.Add(Digits[TextRules.DigitValue(digit)]);
            }
        }

        Polish(result, start);
        return true;
    }

    /// <summary>Appends a whole number in the form of spoken tags: without 两 and without units above 亿. ASCII digits only.</summary>
    public static bool TryAppendSpoken(List<int> result, ReadOnlySpan<int> number)
    {
        if (number.Length > MostDigits)
        {
            return false;
        }

        int start = result.Count;
        Read(result, number.TrimStart('0'), Units.AsSpan(0, SpokenUnits));
        if (result.Count == start)
        {
            result.Add(Zero);
        }

        Polish(result, start);
        return true;
    }

    private static void Read(List<int> result, ReadOnlySpan<int> number, ReadOnlySpan<(int Power, char Name)> units)
    {
        ReadOnlySpan<int> significant = number.TrimStart('0');
        if (significant.Length <= 1)
        {
            if (significant.Length == 1)
            {
                if (number.Length > 1)
                {
                    result.Add(Zero);
                }

                result.Add(Digits[TextRules.DigitValue(significant[0])]);
            }

            return;
        }

        int largest = units.Length - 1;
        while (units[largest].Power >= significant.Length)
        {
            largest--;
        }

        int power = units[largest].Power;
        Read(result, number[..^power], units);
        result.Add(units[largest].Name);
        Read(result, significant[^power..], units);
    }

    // 2 is 两 before every unit except 十, unless a digit or 十 comes before it.
    private static void UseOtherTwo(List<int> result, int start)
    {
        for (int index = start; index < result.Count - 1; index++)
        {
            if (result[index] == Digits[2] && IsUnitButTen(result[index + 1])
                && (index == start || IsUnitButTen(result[index - 1])))
            {
                result[index] = OtherTwo;
            }
        }
    }

    private static bool IsUnitButTen(int symbol) => symbol != Ten && !Digits.Contains((char)symbol) && symbol != OtherTwo;

    private static void Polish(List<int> result, int start)
    {
        if (result.Count > start && result[start] == Point)
        {
            result.Insert(start, Zero);
        }
        else if (result.Count > start + 1 && result[start] == One && result[start + 1] == Ten)
        {
            result.RemoveAt(start);
        }
    }
}
