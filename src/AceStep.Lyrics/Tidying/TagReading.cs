namespace AceStep.Lyrics.Tidying;

/// <summary>What the start of a line looks like to a reader, where the model reads it otherwise.</summary>
/// <param name="Written">The part of the line that it is about.</param>
/// <param name="Tag">The model's tag that is meant; null where none is known.</param>
/// <param name="Rest">What follows it in the line.</param>
internal sealed record TagReading(string Written, string? Tag, string Rest)
{
    private const int LongestName = 60;

    // Square ones mean a tag whatever they hold; round ones hold words that are sung, too.
    private static readonly (char Open, char Close, bool IsTag)[] Brackets = [('[', ']', true), ('［', '］', true), ('【', '】', true), ('〔', '〕', true), ('(', ')', false), ('（', '）', false)];

    /// <summary>Reads a line; null where nothing in it looks like a tag.</summary>
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

        // "Verse 1:", and "## Chorus" or "**Chorus**", but not the word alone, which may be meant to be sung.
        bool isHeading = bare.Length < line.Length || bare[^1] is ':' or '：';
        return isHeading && bare.Length <= LongestName && SectionNames.TagOf(bare.TrimEnd(':', '：')) is { } heading ? new TagReading(bare, heading, "") : null;
    }
}
