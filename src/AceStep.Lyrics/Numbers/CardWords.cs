using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>Words and the number they stand for.</summary>
internal readonly record struct WordedNumber(string Text, BigInteger Value);

/// <summary>
/// Languages whose numbers are built from cards, which are values with a word of their own: a number is a multiple of the
/// largest card that fits, and the rest. Each language has its own way to join two parts.
/// </summary>
internal abstract class CardWords : NumberWords
{
    // In ascending order.
    private readonly WordedNumber[] _cards;
    private readonly BigInteger _limit;

    protected CardWords(IEnumerable<WordedNumber> cards)
    {
        _cards = [.. cards.OrderBy(card => card.Value)];
        _limit = _cards[^1].Value * 1000;
    }

    protected abstract string Minus { get; }

    protected abstract string Point { get; }

    /// <summary>The text between the unit of money and its hundredths.</summary>
    protected abstract string MoneySeparator { get; }

    protected abstract WordedNumber Join(WordedNumber left, WordedNumber right);

    protected abstract MoneyNames? Names(Currency currency);

    public override string? Cardinal(BigInteger value)
    {
        if (BigInteger.Abs(value) >= _limit)
        {
            return null;
        }

        return value.Sign < 0 ? $"{Minus} {Words(-value).Text}" : Words(value).Text;
    }

    public override string? Decimal(double value)
    {
        if (double.IsInteger(value))
        {
            return new BigInteger(value) >= _limit ? null : WholeDouble(value).Text;
        }

        if (DecimalText.Fraction(value) is not { } fraction || Cardinal(new BigInteger(Math.Truncate(value))) is not { } whole)
        {
            return null;
        }

        return $"{whole} {Point} {string.Join(' ', fraction.Select(digit => Cardinal(digit - '0')))}";
    }

    public override string? Money(double amount, Currency currency)
    {
        if (Names(currency) is not { } names || MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        return $"{whole} {names.UnitOf(parts.Whole)}{MoneySeparator} {Cardinal(parts.Hundredths)} {names.HundredthOf(parts.Hundredths)}";
    }

    /// <summary>Cards of descending values, one for each word of the table.</summary>
    protected static IEnumerable<WordedNumber> Falling(int first, int step, string words) =>
        Table(words).Select((word, index) => new WordedNumber(word, first - index * step));

    private WordedNumber Words(BigInteger value)
    {
        WordedNumber card = LargestIn(value);
        BigInteger rest = BigInteger.Zero;
        BigInteger times = card.Value.IsZero ? BigInteger.One : BigInteger.DivRem(value, card.Value, out rest);
        WordedNumber words = Join(times.IsOne ? One : Words(times), card);
        return rest.IsZero ? words : Join(words, Words(rest));
    }

    // As above, but with doubles, as in the original, where powers of ten from 10^24 on are not exact.
    private WordedNumber WholeDouble(double value)
    {
        WordedNumber card = LargestIn(new BigInteger(value));
        double power = double.Parse(card.Value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        double rest = power == 0 ? 0 : value % power;
        double times = power == 0 ? 1 : Math.Round((value - rest) / power);
        WordedNumber words = Join(times == 1 ? One : WholeDouble(times), card);
        return rest == 0 ? words : Join(words, WholeDouble(rest));
    }

    private WordedNumber LargestIn(BigInteger value)
    {
        int index = Array.BinarySearch(_cards, new WordedNumber("", value), Comparer);
        return _cards[index >= 0 ? index : ~index - 1];
    }

    private WordedNumber One => _cards[1];

    private static readonly IComparer<WordedNumber> Comparer =
        Comparer<WordedNumber>.Create(static (left, right) => left.Value.CompareTo(right.Value));
}

/// <summary>The names of large powers of ten, made from Latin stems.</summary>
internal static class ScaleWords
{
    private static readonly string[] Units = ["", "un", "duo", "tre", "quattuor", "quin", "sex", "sept", "octo", "novem"];

    /// <summary>Million, billion, trillion …: a name for every third power from 10^6 on.</summary>
    public static IEnumerable<WordedNumber> Short(string[] stems, string suffix) =>
        stems.Select((stem, index) => new WordedNumber(stem + suffix, BigInteger.Pow(10, 6 + 3 * index)));

    /// <summary>Million, milliard, billion, billiard …: two names for every sixth power from 10^6 on.</summary>
    public static IEnumerable<WordedNumber> Long(string[] stems, string suffix, string thousandSuffix) =>
        stems.SelectMany((stem, index) => new WordedNumber[]
        {
            new(stem + suffix, BigInteger.Pow(10, 6 + 6 * index)),
            new(stem + thousandSuffix, BigInteger.Pow(10, 9 + 6 * index)),
        });

    /// <summary>The stems of 1 to 9, then each ten alone and with each unit before it, then the hundred.</summary>
    public static string[] Stems(string ones, string tens, string hundred) =>
    [
        .. ones.Split(' '),
        .. tens.Split(' ').SelectMany(_ => Units, (ten, unit) => unit + ten),
        hundred,
    ];
}
