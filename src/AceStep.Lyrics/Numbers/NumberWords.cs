using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>The currencies whose signs are worded.</summary>
internal enum Currency
{
    Pound,
    Dollar,
    Euro,
}

/// <summary>
/// A language's number words, as num2words 0.5.14 gives them, mistakes included: the ids depend on them. Null wherever
/// that library raises.
/// </summary>
internal abstract class NumberWords
{
    public abstract string? Cardinal(BigInteger value);

    /// <summary>The ordinal of a number that is not negative.</summary>
    public abstract string? Ordinal(BigInteger value);

    /// <summary>The words of a double that is finite and not negative.</summary>
    public abstract string? Decimal(double value);

    /// <summary>The words of a finite amount that is not negative, whole part and hundredths.</summary>
    public abstract string? Money(double amount, Currency currency);

    /// <summary>Cuts a table of words at its spaces.</summary>
    protected static string[] Table(string words) => words.Split(' ');
}
