using System.Text;

namespace AceStep.Lyrics.Korean;

/// <summary>Romanizes Korean syllables letter by letter ("academic" romanisation): 국물 becomes gugmul, 값이 becomes gabs-i.</summary>
internal static class HangulRomanizer
{
    private const char FirstSyllable = '\uAC00';
    private const char LastSyllable = '\uD7A3';
    private const int SilentInitial = 11;

    private static readonly string[] Initials = "g kk n d tt l m b pp s ss  j jj ch k t p h".Split(' ');
    private static readonly string[] Vowels = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".Split(' ');
    private static readonly string[] Finals = " g kk gs n nj nh d l lg lm lb ls lt lp lh m b bs s ss ng j ch k t p h".Split(' ');

    // Pairs of a final and the next initial that need a hyphen, since they could be split in another way.
    private static readonly HashSet<string> Ambiguous =
        [.. "bss gss jj kk kkk lpp lss ltt njj pp ss sss tt".Split(' ')];

    public static string Romanize(string text)
    {
        var result = new StringBuilder(text.Length * 3);
        string? previousFinal = null;
        foreach (char unit in text)
        {
            if (unit is < FirstSyllable or > LastSyllable)
            {
                result.Append(unit);
                previousFinal = null;
                continue;
            }

            int index = unit - FirstSyllable;
            int initial = index / 588;
            if (previousFinal is not null
                && (initial == SilentInitial || Ambiguous.Contains(previousFinal + Initials[initial])))
            {
                result.Append('-');
            }

            previousFinal = Finals[index % 28];
            result.Append(Initials[initial]).Append(Vowels[index / 28 % 21]).Append(previousFinal);
        }

        return result.ToString();
    }
}
