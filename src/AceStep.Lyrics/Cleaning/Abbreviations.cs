using System.Collections.Frozen;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Cleaning;

/// <summary>Writes out abbreviations, by language: "mr." becomes "mister", without the full stop.</summary>
internal static class Abbreviations
{
    // Each pair is replaced in the whole line before the next one.
    private static readonly FrozenDictionary<string, (string Short, string Long)[]> Tables =
        new Dictionary<string, string>
        {
            ["cs"] = "dr=doktor ing=inženýr p=pan",
            ["de"] = "fr=frau dr=doktor st=sankt co=firma jr=junior",
            ["en"] = "mrs=misess mr=mister dr=doctor st=saint co=company jr=junior maj=major gen=general drs=doctors rev=reverend lt=lieutenant hon=honorable sgt=sergeant capt=captain esq=esquire ltd=limited col=colonel ft=fort",
            ["es"] = "sra=señora sr=señor dr=doctor dra=doctora st=santo co=compañía jr=junior ltd=limitada",
            ["fr"] = "mme=madame mr=monsieur dr=docteur st=saint co=compagnie jr=junior ltd=limitée",
            ["hu"] = "dr=doktor b=bácsi nőv=nővér",
            ["it"] = "sig=signore dr=dottore st=santo co=compagnia jr=junior ltd=limitata",
            ["nl"] = "dhr=de_heer mevr=mevrouw dr=dokter jhr=jonkheer",
            ["pl"] = "p=pani m=pan dr=doktor sw=święty jr=junior",
            ["pt"] = "sra=senhora sr=senhor dr=doutor dra=doutora st=santo co=companhia jr=júnior ltd=limitada",
            ["ru"] = "г-жа=госпожа г-н=господин д-р=доктор",
            ["tr"] = "b=bay byk=büyük dr=doktor",
        }.ToFrozenDictionary(
            pair => pair.Key,
            pair => pair.Value.Split(' ').Select(entry => entry.Split('=')).Select(entry => (entry[0], entry[1].Replace('_', ' '))).ToArray(),
            StringComparer.Ordinal);

    public static string Expand(string text, string language)
    {
        if (!Tables.TryGetValue(language, out (string Short, string Long)[]? table))
        {
            return text;
        }

        // Russian abbreviations end in a hyphen, not a full stop.
        char end = language == "ru" ? '-' : '.';
        if (!text.Contains(end, StringComparison.Ordinal))
        {
            return text;
        }

        foreach ((string abbreviation, string words) in table)
        {
            text = Expand(text, abbreviation, words, withFullStop: end == '.');
        }

        return text;
    }

    private static string Expand(string text, string abbreviation, string words, bool withFullStop)
    {
        StringBuilder? result = null;
        int copied = 0;
        char first = withFullStop ? '.' : '-';
        int offset = withFullStop ? abbreviation.Length : abbreviation.IndexOf('-', StringComparison.Ordinal);
        for (int mark = text.IndexOf(first, StringComparison.Ordinal); mark >= 0; mark = text.IndexOf(first, mark + 1))
        {
            int start = mark - offset;
            int end = start + abbreviation.Length;
            if (start < copied || end > text.Length || !IsSame(text.AsSpan(start, abbreviation.Length), abbreviation)
                || !TextRules.IsWordBoundary(text, start) || (!withFullStop && !TextRules.IsWordBoundary(text, end)))
            {
                continue;
            }

            result ??= new(text.Length + 32);
            result.Append(text, copied, start - copied).Append(words);
            copied = withFullStop ? end + 1 : end;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool IsSame(ReadOnlySpan<char> text, string abbreviation)
    {
        for (int index = 0; index < text.Length; index++)
        {
            if (Fold(text[index]) != abbreviation[index])
            {
                return false;
            }
        }

        return true;
    }

    // The text is in lower case, but the original compares without case, for which these letters equal others.
    private static char Fold(char letter) => letter switch
    {
        'ſ' => 's',
        'ı' => 'i',
        '\u1C81' => 'д',
        _ => letter,
    };
}
