using System.Buffers;
using System.Collections.Frozen;

namespace AceStep.Lyrics.Tidying;

/// <summary>A tag as a person would read it at the start of a line, where the model would not.</summary>
/// <param name="Written">The tag as written in the line.</param>
/// <param name="Tag">The model's tag that is meant; null if none is known.</param>
/// <param name="Rest">The rest of the line.</param>
internal sealed record TagReading(string Written, string? Tag, string Rest)
{
    private const int LongestName = 60;

    // Square brackets always mean a tag; round ones may also contain sung words.
    private static readonly (char Open, char Close, bool IsTag)[] Brackets = [('[', ']', true), ('［', '］', true), ('【', '】', true), ('〔', '〕', true), ('(', ')', false), ('（', '）', false)];

    /// <summary>Reads a line; null if it does not start with something like a tag.</summary>
    /// <param name="line">The line without white space at its ends.</param>
    public static TagReading? Of(string line)
    {
        string bare = Markdown.WithoutMarks(line);
        if (bare.Length == 0)
        {
            return null;
        }

        foreach ((char open, char close, bool isTag) in Brackets)
        {
            int end = bare.IndexOf(close, StringComparison.Ordinal);
            if (bare[0] != open || end < 2)
            {
                continue;
            }

            string name = bare[1..end];
            string? tag = SectionNames.TagOf(name);
            string rest = bare[(end + 1)..].TrimStart(' ', ':', '：');
            bool isAlone = rest.Length == 0;
            return isTag || (tag is not null && isAlone) ? new TagReading(bare[..(end + 1)], tag, rest) : null;
        }

        // "Verse 1:", "## Chorus" or "**Chorus**" is a tag, but not the word alone, which may be sung.
        bool isHeading = bare.Length < line.Length || bare[^1] is ':' or '：';
        return isHeading && bare.Length <= LongestName && SectionNames.TagOf(bare.TrimEnd(':', '：')) is { } heading ? new TagReading(bare, heading, "") : null;
    }
}

/// <summary>Common names of a song's sections, and the model's tag for each.</summary>
internal static class SectionNames
{
    private static readonly FrozenDictionary<string, string> Tags = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["verse"] = "[verse]", ["verse one"] = "[verse]", ["verse two"] = "[verse]", ["verse three"] = "[verse]", ["final verse"] = "[verse]", ["last verse"] = "[verse]", ["verso"] = "[verse]", ["estrofa"] = "[verse]", ["strophe"] = "[verse]", ["strofa"] = "[verse]", ["couplet"] = "[verse]", ["vers"] = "[verse]",
        ["куплет"] = "[verse]", ["主歌"] = "[verse]", ["aメロ"] = "[verse]", ["zwrotka"] = "[verse]",
        ["chorus"] = "[chorus]", ["refrain"] = "[chorus]", ["coro"] = "[chorus]", ["estribillo"] = "[chorus]", ["ritornello"] = "[chorus]", ["refrão"] = "[chorus]", ["refrén"] = "[chorus]",
        ["refren"] = "[chorus]", ["final chorus"] = "[chorus]", ["last chorus"] = "[chorus]", ["double chorus"] = "[chorus]", ["припев"] = "[chorus]", ["副歌"] = "[chorus]", ["サビ"] = "[chorus]", ["후렴"] = "[chorus]", ["nakarat"] = "[chorus]",
        ["pre-chorus"] = "[pre-chorus]", ["pre chorus"] = "[pre-chorus]", ["prechorus"] = "[pre-chorus]", ["pre-refrain"] = "[pre-chorus]", ["导歌"] = "[pre-chorus]", ["預副歌"] = "[pre-chorus]",
        ["预副歌"] = "[pre-chorus]", ["bメロ"] = "[pre-chorus]",
        ["bridge"] = "[bridge]", ["puente"] = "[bridge]", ["ponte"] = "[bridge]", ["pont"] = "[bridge]", ["brücke"] = "[bridge]", ["бридж"] = "[bridge]", ["桥段"] = "[bridge]", ["橋段"] = "[bridge]",
        ["桥"] = "[bridge]", ["ブリッジ"] = "[bridge]", ["브릿지"] = "[bridge]",
        ["intro"] = "[intro]", ["introduction"] = "[intro]", ["introducción"] = "[intro]", ["前奏"] = "[intro]", ["イントロ"] = "[intro]", ["인트로"] = "[intro]", ["вступление"] = "[intro]",
        ["outro"] = "[outro]", ["coda"] = "[outro]", ["尾奏"] = "[outro]", ["尾声"] = "[outro]", ["アウトロ"] = "[outro]", ["아웃트로"] = "[outro]",
        ["inst"] = "[inst]", ["instrumental"] = "[inst]", ["instrumental break"] = "[inst]", ["interlude"] = "[inst]", ["instrumentale"] = "[inst]", ["间奏"] = "[inst]", ["間奏"] = "[inst]",
        ["간주"] = "[inst]", ["проигрыш"] = "[inst]",
        ["solo"] = "[solo]", ["guitar solo"] = "[solo]", ["piano solo"] = "[solo]", ["sax solo"] = "[solo]", ["drum solo"] = "[solo]", ["bass solo"] = "[solo]", ["独奏"] = "[solo]", ["ソロ"] = "[solo]",
        ["hook"] = "[hook]", ["break"] = "[break]", ["breakdown"] = "[break]", ["start"] = "[start]", ["end"] = "[end]", ["ending"] = "[end]", ["结束"] = "[end]",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The characters that may separate a section's name from what follows it.</summary>
    private static readonly SearchValues<char> Details = SearchValues.Create(":：—–(（");

    /// <summary>The tag for a section's name, which may be followed by a number, by how often it is repeated, or by who sings or plays it; null if the name is unknown.</summary>
    /// <param name="name">The name without brackets.</param>
    public static string? TagOf(string name)
    {
        string plain = name.Trim().ToLowerInvariant();
        int detail = plain.AsSpan().IndexOfAny(Details);
        plain = detail > 0 ? plain[..detail] : plain;
        detail = plain.IndexOf(" - ", StringComparison.Ordinal);
        plain = (detail >= 0 ? plain[..detail] : plain).Trim();
        return Tags.GetValueOrDefault(plain) ?? Tags.GetValueOrDefault(WithoutNumber(plain));
    }

    /// <summary>The name without a number or repetition after it: "verse 2", "verse2", "chorus x2", "chorus (x2)".</summary>
    private static string WithoutNumber(string name)
    {
        string rest = name.TrimEnd(')', '）').TrimEnd("0123456789０１２３４５６７８９一二三四五".ToCharArray()).TrimEnd();
        rest = rest.EndsWith('×') || rest.EndsWith(" x", StringComparison.Ordinal) || rest.EndsWith("(x", StringComparison.Ordinal) || rest.EndsWith('#') ? rest[..^1] : rest;
        return rest.TrimEnd('(', '（', ' ');
    }
}
