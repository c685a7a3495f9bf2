using System.Globalization;
using System.Numerics;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Numbers;

/// <summary>European Portuguese.</summary>
internal sealed class PortugueseWords : CardWords
{
    private const int NothingLeft = -1;

    private static readonly BigInteger Million = 1_000_000;
    private static readonly BigInteger Milliard = 1_000_000_000;

    private static readonly string[] Hundreds =
        Table("- cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos");

    private static readonly string[] ScalesBeforeAnd = ["mil", "milhão", "milhões", "mil milhões", "bilião", "biliões", "mil biliões"];

    private static readonly string[] ScalesBeforeOf = ["milhão", "milhões", "bilião", "biliões", "trilião", "triliões"];

    private static readonly string[][] OrdinalDigits =
    [
        Table(" primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono"),
        Table(" décimo vigésimo trigésimo quadragésimo quinquagésimo sexagésimo septuagésimo octogésimo nonagésimo"),
        Table(" centésimo ducentésimo tricentésimo quadrigentésimo quingentésimo seiscentésimo septigentésimo octigentésimo nongentésimo"),
    ];

    private static readonly string[] OrdinalScales =
        ["", "milésimo", "milionésimo", "milésimo milionésimo", "bilionésimo", "milésimo bilionésimo"];

    public PortugueseWords()
        : base(
        [
            .. Falling(20, 1, "vinte dezanove dezoito dezassete dezasseis quinze catorze treze doze onze dez nove oito sete seis cinco quatro três dois um zero"),
            .. Falling(90, 10, "noventa oitenta setenta sessenta cinquenta quarenta trinta"),
            new("cem", 100),
            new("mil", 1000),
            .. Table("milião bilião trilião quatrilião").Select((word, index) => new WordedNumber(word, BigInteger.Pow(Million, index + 1))),
        ])
    {
    }

    protected override string Minus => "menos";

    protected override string Point => "vírgula";

    protected override string MoneySeparator => " e";

    public override string? Cardinal(BigInteger value) => WithoutAndBehindScales(base.Cardinal(value));

    // As in the original, the rule is applied to the whole text once more, so that an "e" in the decimals counts too.
    public override string? Decimal(double value) => WithoutAndBehindScales(base.Decimal(value));

    public override string? Ordinal(BigInteger value)
    {
        if (value.IsZero)
        {
            return "";
        }

        string digits = value.ToString(CultureInfo.InvariantCulture);
        // There is no scale for a nineteenth digit.
        if (digits.Length > 3 * OrdinalScales.Length)
        {
            return null;
        }

        var words = new List<string>();
        int scale = NothingLeft;
        for (int position = 0; position < digits.Length; position++)
        {
            if (position > 0 && position % 3 == 0)
            {
                scale = position / 3;
            }

            int digit = digits[^(position + 1)] - '0';
            if (digit != 0 && scale != NothingLeft)
            {
                words.Add(OrdinalScales[scale]);
                scale = NothingLeft;
            }

            words.Add(OrdinalDigits[position % 3][digit]);
        }

        words.Reverse();
        string ordinal = string.Join(' ', words.Where(word => word.Length > 0));
        return !value.IsOne && ordinal.StartsWith("primeiro", StringComparison.Ordinal) ? ordinal["primeiro ".Length..] : ordinal;
    }

    public override string? Money(double amount, Currency currency)
    {
        if (base.Money(amount, currency) is not { } words)
        {
            return null;
        }

        string units = Names(currency)!.Value.Units;
        foreach (string scale in ScalesBeforeOf)
        {
            if (words.Contains($"{scale} {units}", StringComparison.Ordinal))
            {
                int first = words.IndexOf(scale, StringComparison.Ordinal) + scale.Length;
                words = words.Insert(first, " de");
            }
        }

        return words.Replace(" e zero cêntimos", "", StringComparison.Ordinal);
    }

    protected override WordedNumber Join(WordedNumber left, WordedNumber right)
    {
        (string a, BigInteger x) = left;
        (string b, BigInteger y) = right;
        if (x.IsOne)
        {
            if (y < Million)
            {
                return right;
            }

            a = "um";
        }
        else if (x == 100 && !(y % 1000).IsZero)
        {
            a = "cento";
        }

        if (y < x)
        {
            return new($"{a} e {b}", x + y);
        }

        if (x > 1)
        {
            b = (y % Milliard).IsZero ? b[..^4] + "liões" : (y % Million).IsZero ? b[..^4] + "lhões" : b;
        }

        b = b == "milião" ? "milhão" : b;
        return new(y == 100 ? Hundreds[(int)x] : $"{a} {b}", x * y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("dólar", "dólares", "cêntimo", "cêntimos"),
        Currency.Euro => new("euro", "euros", "cêntimo", "cêntimos"),
        _ => new("libra", "libras", "péni", "pence"),
    };

    private static string? WithoutAndBehindScales(string? words)
    {
        if (words is null)
        {
            return null;
        }

        foreach (string scale in ScalesBeforeAnd)
        {
            if (HasHundredsThenE(words, scale + " e "))
            {
                words = words.Replace(scale + " e", scale, StringComparison.Ordinal);
            }
        }

        return words;
    }

    // .*E e \w*entos? (?=.*e)
    private static bool HasHundredsThenE(string words, string scaleAnd)
    {
        for (int at = words.IndexOf(scaleAnd, StringComparison.Ordinal); at >= 0; at = words.IndexOf(scaleAnd, at + 1, StringComparison.Ordinal))
        {
            int start = at + scaleAnd.Length;
            int end = start;
            while (end < words.Length && TextRules.IsWord(words[end]))
            {
                end++;
            }

            ReadOnlySpan<char> word = words.AsSpan(start..end);
            if (end < words.Length && words[end] == ' ' && (word.EndsWith("ento") || word.EndsWith("entos"))
                && words.AsSpan(end + 1).Contains('e'))
            {
                return true;
            }
        }

        return false;
    }
}
