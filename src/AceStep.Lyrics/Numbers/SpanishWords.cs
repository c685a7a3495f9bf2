using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class SpanishWords : CardWords
{
    private const string And = " con ";

    private static readonly BigInteger Million = 1_000_000;
    private static readonly BigInteger LeastCardinalOnly = BigInteger.Pow(10, 18);

    private static readonly string[] UnitStems = Table("primer segund tercer cuart quint sext séptim octav noven décim");
    private static readonly string[] TenStems = Table("décim vigésim trigésim quadragésim quincuagésim sexagésim septuagésim octogésim nonagésim centésim");
    private static readonly string[] HundredStems = Table("centésim ducentésim tricentésim cuadrigentésim quingentésim sexcentésim septigentésim octigentésim noningentésim milésim");
    private static readonly string[] ThousandStems = Table("milésim millonésim billonésim trillonésim cuadrillonésim");

    public SpanishWords()
        : base(
        [
            .. Falling(29, 1, "veintinueve veintiocho veintisiete veintiséis veinticinco veinticuatro veintitrés veintidós veintiuno veinte diecinueve dieciocho diecisiete dieciséis quince catorce trece doce once diez nueve ocho siete seis cinco cuatro tres dos uno cero"),
            .. Falling(90, 10, "noventa ochenta setenta sesenta cincuenta cuarenta treinta"),
            new("cien", 100),
            new("mil", 1000),
            .. Table("millón billón trillón cuatrillón").Select((word, index) => new WordedNumber(word, BigInteger.Pow(Million, index + 1))),
        ])
    {
    }

    protected override string Minus => "menos";

    protected override string Point => "punto";

    protected override string MoneySeparator => " con";

    public override string? Ordinal(BigInteger value) =>
        value >= LeastCardinalOnly ? Cardinal(value) : SmallOrdinal((long)value);

    public override string? Money(double amount, Currency currency)
    {
        string[]? parts = base.Money(amount, currency)?.Split(And);
        if (parts is null)
        {
            return null;
        }

        if (currency == Currency.Pound)
        {
            parts[0] = parts[0].Replace("uno", "una", StringComparison.Ordinal).Replace("cientos", "cientas", StringComparison.Ordinal);
        }

        return string.Join(And, parts.Select(part =>
            part.Replace("veintiuno", "veintiún", StringComparison.Ordinal).Replace("uno", "un", StringComparison.Ordinal)));
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

            a = "un";
        }
        else if (x == 100 && !(y % 1000).IsZero)
        {
            a += "to";
        }

        if (y < x)
        {
            return new(x < 100 ? $"{a} y {b}" : $"{a} {b}", x + y);
        }

        if ((y % Million).IsZero && x > 1)
        {
            b = b[..^3] + "lones";
        }

        if (y != 100)
        {
            return new($"{a} {b}", x * y);
        }

        (a, b) = (int)x switch
        {
            5 => ("quinien", ""),
            7 => ("sete", b),
            9 => ("nove", b),
            _ => (a, b),
        };
        return new(a + b + "tos", x * y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("dólar", "dólares", "centavo", "centavos"),
        Currency.Euro => new("euro", "euros", "céntimo", "céntimos"),
        _ => new("libra", "libras", "penique", "peniques"),
    };

    private string SmallOrdinal(long value)
    {
        switch (value)
        {
            case 0:
                return "";
            case <= 10:
                return UnitStems[value - 1] + "o";
            case <= 12:
                return "décimo" + SmallOrdinal(value - 10);
            case <= 100:
                return $"{TenStems[value / 10 - 1]}o {SmallOrdinal(value % 10)}".TrimEnd();
            case <= 1000:
                return $"{HundredStems[value / 100 - 1]}o {SmallOrdinal(value % 100)}".TrimEnd();
        }

        // With doubles, as in the original, where some powers of a thousand are one too low.
        int power = (int)(Math.Log(value) / Math.Log(1000));
        (long times, long rest) = Math.DivRem(value, (long)BigInteger.Pow(1000, power));
        string multiplier = times == 1 ? "" : Cardinal(times)!;
        return $"{multiplier}{ThousandStems[power - 1]}o {SmallOrdinal(rest)}".Trim();
    }
}
