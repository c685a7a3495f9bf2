namespace AceStep.Lyrics.Tests;

/// <summary>The two vocabularies that cases were recorded with.</summary>
internal static class Vocabularies
{
    private static readonly Lazy<LyricVocabulary?> ReleasedVocabulary = new(() => Load(
        Environment.GetEnvironmentVariable("ACESTEP_LYRIC_VOCAB") is { Length: > 0 } named
            ? named
            : Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "data", "lyric_tokenizer", "vocab.json")));

    private static readonly Lazy<LyricVocabulary?> TinyVocabulary = new(() => Load(ReferenceData.PathOf("lyrics", "tiny-vocab.json")));

    /// <summary>The released one, which is not part of the repository; the test is skipped where it is absent.</summary>
    public static LyricVocabulary Released => Require(
        ReleasedVocabulary.Value, "the released vocab.json is not part of the repository; name it in ACESTEP_LYRIC_VOCAB");

    /// <summary>The small one of the references.</summary>
    public static LyricVocabulary Tiny => Require(TinyVocabulary.Value, "this set of references has no lyrics/tiny-vocab.json");

    private static LyricVocabulary? Load(string path) => File.Exists(path) ? LyricVocabulary.Load(path) : null;

    private static LyricVocabulary Require(LyricVocabulary? vocabulary, string reason)
    {
        if (vocabulary is null)
        {
            Assert.Ignore(reason);
        }

        return vocabulary!;
    }
}
