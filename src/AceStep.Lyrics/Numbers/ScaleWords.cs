using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>The names of large powers of ten, made of Latin stems.</summary>
internal static class ScaleWords
{
    private static readonly string[] Units = ["", "un", "duo", "tre", "quattuor", "quin", "sex", "sept", "octo", "novem"];

    /// <summary>Million, billion, trillion …: a name every third power from the sixth.</summary>
    public static IEnumerable<WordedNumber> Short(string[] stems, string suffix) =>
        stems.Select((stem, index) => new WordedNumber(stem + suffix, BigInteger.Pow(10, 6 + 3 * index)));

    /// <summary>Million, milliard, billion, billiard …: two names every sixth power from the sixth.</summary>
    public static IEnumerable<WordedNumber> Long(string[] stems, string suffix, string thousandSuffix) =>
        stems.SelectMany((stem, index) => new WordedNumber[]
        {
            new(stem + suffix, BigInteger.Pow(10, 6 + 6 * index)),
            new(stem + thousandSuffix, BigInteger.Pow(10, 9 + 6 * index)),
        });

    /// <summary>The first nine stems, then every ten alone and with each unit before it, then the hundred.</summary>
    public static string[] Stems(string ones, string tens, string hundred) =>
    [
        .. ones.Split(' '),
        .. tens.Split(' ').SelectMany(_ => Units, (ten, unit) => unit + ten),
        hundred,
    ];
}
