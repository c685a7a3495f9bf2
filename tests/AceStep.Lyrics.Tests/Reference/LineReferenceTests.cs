using System.Text.Json;
using AceStep.Lyrics.Segmentation;

namespace AceStep.Lyrics.Tests.Reference;

/// <summary>Whole lines and whole lyrics.</summary>
[Category(ReferenceData.Category)]
internal sealed class LineReferenceTests
{
    private static IEnumerable<TestCaseData> Lines() => CaseFile.Groups("tokenize", item => item.Text("set") ?? "?");

    private static IEnumerable<TestCaseData> ForcedLines() => CaseFile.Groups("encode", item => item.Text("lang") ?? "?");

    private static IEnumerable<TestCaseData> WholeLyrics() => CaseFile.Groups("lyrics", item => item.Text("name") ?? "?");

    [Test]
    public void Lines_OfTheReferences_AreFound()
    {
        ReferenceData.RequireCases(Lines(), "lyrics");
        ReferenceData.RequireCases(ForcedLines(), "lyrics");
        ReferenceData.RequireCases(WholeLyrics(), "lyrics");
    }

    [TestCaseSource(nameof(Lines))]
    public void EncodeLine_RecordedLines_GivesIds(string set, JsonElement[] cases)
    {
        var tokenizer = new LyricTokenizer(Vocabularies.Released, JapaneseFolders.OptionsWithOriginal);
        var ids = new Tally($"tokenize {set} ids");
        var cleaned = new Tally($"tokenize {set} cleaned");
        var languages = new Tally($"tokenize {set} languages");
        var inputs = new Tally($"tokenize {set} tokenizer inputs");
        foreach (JsonElement item in Exact(cases))
        {
            LyricLine line = tokenizer.EncodeLine(item.Text("text")!);
            string what = item.GetRawText();
            languages.Compare(what, line.Language, item.Text("lang"));
            if (item.Text("detected") is { } detected)
            {
                languages.Compare(what, line.DetectedLanguage, detected);
            }

            cleaned.Compare(what, line.Cleaned, item.Text("clean"));
            inputs.Compare(
                what, line.Cleaned is null ? null : LyricTokenizer.TokenizerInput(line.Cleaned, line.Language!), item.Text("bpe_input"));
            ids.Compare(what, line.Language is null || line.IsDropped ? null : line.Ids, item.Ids("ids"));
        }

        languages.Demand();
        cleaned.Demand();
        inputs.Demand();
        ids.Demand();
    }

    [TestCaseSource(nameof(Lines))]
    public void Segment_RecordedLines_GivesCounts(string set, JsonElement[] cases)
    {
        var tally = new Tally($"tokenize {set} counts");
        foreach (JsonElement item in cases.Where(item => item.TryGetProperty("counts", out _) && item.Text("lang") is not null))
        {
            SegmentedText? found = LyricTokenizer.SharedSegmenter.Value.Segment(Text.TextRules.Strip(item.Text("text")!), out _, out _);
            tally.Compare(item.GetRawText(), StageReferenceTests.Show(found?.Counts), StageReferenceTests.Show(item.GetProperty("counts")));
        }

        tally.Demand();
    }

    [TestCaseSource(nameof(ForcedLines))]
    public void EncodeLine_InAGivenLanguage_GivesIds(string language, JsonElement[] cases)
    {
        var tokenizer = new LyricTokenizer(Vocabularies.Released, JapaneseFolders.OptionsWithOriginal);
        var ids = new Tally($"encode {language} ids");
        var cleaned = new Tally($"encode {language} cleaned");
        foreach (JsonElement item in Exact(cases))
        {
            LyricLine line = tokenizer.EncodeLine(item.Text("text")!, language);
            cleaned.Compare(item.GetRawText(), line.Cleaned, item.Text("clean"));
            ids.Compare(item.GetRawText(), line.IsDropped ? null : line.Ids, item.Ids("ids"));
        }

        cleaned.Demand();
        ids.Demand();
    }

    [TestCaseSource(nameof(WholeLyrics))]
    public void Encode_RecordedLyrics_GivesIds(string name, JsonElement[] cases)
    {
        foreach (JsonElement item in cases)
        {
            foreach ((string key, LyricVocabulary vocabulary) in new[] { ("tiny_ids", Vocabularies.Tiny), ("ids", Vocabularies.Released) })
            {
                var tally = new Tally($"lyrics {name} {key}");
                LyricEncoding encoding = new LyricTokenizer(vocabulary, JapaneseFolders.OptionsWithOriginal).Encode(item.Text("text")!);
                if (encoding.Lines.Any(line => line.Language == "ja"))
                {
                    JapaneseFolders.RequireOriginal();
                }

                tally.Compare(name, encoding.Ids, item.Ids(key));
                tally.Demand();
            }
        }
    }

    /// <summary>The cases that must be exact: without the original's dictionary a Japanese line may be read in another way.</summary>
    private static JsonElement[] Exact(JsonElement[] cases)
    {
        JsonElement[] exact = [.. cases.Where(item => JapaneseFolders.HasOriginal || item.Text("lang") != "ja")];
        if (exact.Length == 0)
        {
            JapaneseFolders.RequireOriginal();
        }

        return exact;
    }
}
