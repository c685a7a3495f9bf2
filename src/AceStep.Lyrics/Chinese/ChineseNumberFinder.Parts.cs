using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>The parts of the patterns. A method that skips a part returns the position after it; if the part is not there, the position itself or -1.</summary>
internal static partial class ChineseNumberFinder
{
    // Measure words that may follow a number. Only in 千克, 微克 and 千米 is the first character not a measure word by itself.
    private const string Quantifiers =
        "匹张座回场尾条个首阙阵网炮顶丘棵只支袭辆挑担颗壳窠曲墙群腔砣座客贯扎捆刀令打手罗坡山岭江溪钟队单双对出口头脚板跳枝件贴针线管名位身堂课本页"
        + "家户层丝毫厘分钱两斤担铢石钧锱忽毫厘分寸尺丈里寻常铺程撮勺合升斗石盘碗碟叠桶笼盆盒杯钟斛锅簋篮盘桶罐瓶壶卮盏箩箱煲啖袋钵年月日季刻时周天秒分旬纪岁"
        + "世更夜春夏秋冬代伏辈丸泡粒颗幢堆条根支道面片张颗块";

    private static readonly bool[] IsQuantifier = Table(Quantifiers);

    /// <summary>The position after <c>\d+(\.\d+)?</c>, or the position itself if there is no number.</summary>
    private static int SkipNumber(ReadOnlySpan<int> text, int position)
    {
        int end = SkipDigits(text, position);
        return end > position && end < text.Length && text[end] == '.' && IsDigit(text, end + 1)
            ? SkipDigits(text, end + 1)
            : end;
    }

    // To the first digit after the next character that is not a digit.
    private static bool TrySkipToNumber(ReadOnlySpan<int> text, int position, out int start)
    {
        start = SkipDigits(text, position);
        while (start < text.Length && !TextRules.IsDigit(text[start]))
        {
            start++;
        }

        return start < text.Length;
    }

    private static int SkipYear(ReadOnlySpan<int> text, int position)
    {
        if (position < text.Length && text[position] is '0' or '8' or '9' && IsDigit(text, position + 1) && Is(text, position + 2, '年'))
        {
            return position + 3;
        }

        bool century = (Is(text, position, '1') && Is(text, position + 1, '9')) || (Is(text, position, '2') && Is(text, position + 1, '0'));
        return century && IsDigit(text, position + 2) && IsDigit(text, position + 3) && Is(text, position + 4, '年')
            ? position + 5
            : position;
    }

    private static int SkipMonth(ReadOnlySpan<int> text, int position)
    {
        int end = SkipDigits(text, position, 2);
        if (end == position || !Is(text, end, '月'))
        {
            return position;
        }

        int month = end + 1;
        end = SkipDigits(text, month, 2);
        return end > month && (Is(text, end, '日') || Is(text, end, '号')) ? end + 1 : month;
    }

    private static int SkipMany(ReadOnlySpan<int> text, int position) =>
        position < text.Length && text[position] is '多' or '余' or '几' ? position + 1 : position;

    // The original's pattern tries the bare multiplier first, so a 元 or 块 after a multiplier is not part of the match.
    private static int SkipMoneyUnit(ReadOnlySpan<int> text, int position)
    {
        if (position >= text.Length)
        {
            return -1;
        }

        return text[position] switch
        {
            '千' or '百' when Is(text, position + 1, '万') => position + 2,
            '亿' or '万' or '千' or '百' or '元' or '块' or '角' or '毛' or '分' => position + 1,
            _ => -1,
        };
    }

    private static int SkipMobileNumber(ReadOnlySpan<int> text, int start)
    {
        int position = start;
        int country = Is(text, start, '+') ? start + 1 : start;
        if (Is(text, country, '8') && Is(text, country + 1, '6'))
        {
            position = Is(text, country + 2, ' ') ? country + 3 : country + 2;
        }

        if (!Is(text, position, '1') || !IsDigit(text, position + 2))
        {
            return -1;
        }

        int third = text[position + 2];
        bool known = text[position + 1] switch
        {
            '3' or '8' => true,
            '5' => third is >= '0' and <= '3' or >= '5' and <= '9',
            '7' => third is '6' or '7' or '8',
            '9' => third is '8' or '9',
            _ => false,
        };
        int end = SkipDigits(text, position + 3, 8);
        return known && end - position == 11 ? end : -1;
    }

    private static int SkipAreaCode(ReadOnlySpan<int> text, int start)
    {
        if (!Is(text, start, '0') || start + 2 >= text.Length)
        {
            return start;
        }

        int end = (text[start + 1], text[start + 2]) switch
        {
            ('1', '0') => start + 3,
            ('2', >= '1' and <= '3') => start + 3,
            ( >= '3' and <= '9', _) when SkipDigits(text, start + 2, 2) == start + 4 => start + 4,
            _ => start,
        };
        return end > start && Is(text, end, '-') ? end + 1 : end;
    }

    private static bool IsMeasure(ReadOnlySpan<int> text, int position)
    {
        if (position >= text.Length)
        {
            return false;
        }

        int codePoint = text[position];
        return codePoint < IsQuantifier.Length && IsQuantifier[codePoint]
            || codePoint == '千' && (Is(text, position + 1, '克') || Is(text, position + 1, '米'))
            || codePoint == '微' && Is(text, position + 1, '克');
    }

    private static bool Is(ReadOnlySpan<int> text, int position, int codePoint) =>
        position < text.Length && text[position] == codePoint;

    private static bool IsDigit(ReadOnlySpan<int> text, int position) =>
        position < text.Length && TextRules.IsDigit(text[position]);

    private static int SkipDigits(ReadOnlySpan<int> text, int position, int most = int.MaxValue)
    {
        int end = position;
        while (end < text.Length && end - position < most && TextRules.IsDigit(text[end]))
        {
            end++;
        }

        return end;
    }

    private static bool[] Table(string characters)
    {
        var table = new bool[0xA000];
        foreach (char character in characters)
        {
            table[character] = true;
        }

        return table;
    }
}
