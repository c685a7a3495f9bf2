using System.Text.Json;
using AceStep.Lyrics.Bpe;
using AceStep.Lyrics.Chinese;
using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Japanese;
using AceStep.Lyrics.Korean;
using AceStep.Lyrics.Segmentation;

namespace AceStep.Lyrics.Tests.Reference;

/// <summary>Each stage by itself.</summary>
[Category(ReferenceData.Category)]
internal sealed class StageReferenceTests
{
    [Test]
    public void Identify_RecordedBytes_GivesLabelAndProbability()
    {
        var labels = new Tally("langid labels");
        var probabilities = new Tally("langid probabilities");
        LanguageIdentifier identifier = LanguageIdentifier.Shared.Value;
        foreach (JsonElement item in CaseFile.Read("langid"))
        {
            byte[] bytes = Convert.FromHexString(item.Text("utf8")!);
            IdentifiedLanguage found = identifier.Identify(bytes);
            labels.Compare(item.GetRawText(), found.Language, item.Text("label"));
            probabilities.Count(IsClose(found.Probability, item.GetProperty("score").GetDouble()), $"{item.GetRawText()}: {found}");
            if (item.TryGetProperty("top5", out JsonElement top))
            {
                double[] all = identifier.Probabilities(bytes);
                foreach (JsonElement entry in top.EnumerateArray())
                {
                    double probability = all[identifier.Labels.ToList().IndexOf(entry[0].GetString()!)];
                    probabilities.Count(IsClose(probability, entry[1].GetDouble()), $"{entry}: {probability} in {item.GetRawText()}");
                }
            }
        }

        labels.Demand();
        probabilities.Demand();

        // The original adds in 32-bit floats, in its matrix library's order.
        static bool IsClose(double actual, double expected) =>
            Math.Abs(actual - expected) <= 1e-4 && Math.Abs(actual - expected) <= 1e-3 * expected + 1e-30;
    }

    [Test]
    public void Segment_RecordedTexts_GivesSegmentsAndCounts()
    {
        var segments = new Tally("segments");
        var counts = new Tally("segment counts");
        var scores = new Tally("segment scores");
        foreach (JsonElement item in CaseFile.Read("segments"))
        {
            SegmentedText? found = LyricTokenizer.SharedSegmenter.Value.Segment(item.Text("text")!, out _, out _);
            JsonElement[] expected = [.. item.GetProperty("segments").EnumerateArray()];
            segments.Compare(
                item.GetRawText(),
                found is null ? null : string.Join('|', found.Segments.Select(segment => $"{segment.Language}:{segment}")),
                string.Join('|', expected.Select(segment => $"{segment[0].GetString()}:{segment[1].GetString()}")));
            scores.Count(
                found is not null && found.Segments.Zip(expected).All(pair => Math.Abs(pair.First.Score - pair.Second[2].GetDouble()) <= 0.001),
                item.GetRawText());
            counts.Compare(item.GetRawText(), Show(found?.Counts), Show(item.GetProperty("counts")));
        }

        segments.Demand();
        scores.Demand();
        counts.Demand();
    }

    [Test]
    public void Pinyin_OfRecordedTexts_IsEqual()
    {
        Compare("pinyin", Pinyin.Of);
    }

    [Test]
    public void Hangul_OfRecordedTexts_IsEqual()
    {
        Compare("hangul", HangulRomanizer.Romanize);
    }

    [Test]
    public void Romaji_WithTheOriginalsDictionary_IsEqual()
    {
        string folder = JapaneseFolders.Original;
        Compare("romaji", Reader(folder));
    }

    [Test]
    public void Romaji_WithDebiansDictionary_IsMostlyEqual()
    {
        // Its readings differ: 91 % is what the original's own code reaches with it.
        string folder = JapaneseFolders.Debian;
        Compare("romaji", Reader(folder), share: 0.91);
    }

    [TestCase("ids")]
    [TestCase("tiny_ids")]
    public void Encode_RecordedTexts_GivesIds(string key)
    {
        BpeEncoder encoder = (key == "ids" ? Vocabularies.Released : Vocabularies.Tiny).Encoder;
        var tally = new Tally("bpe " + key);
        foreach (JsonElement item in CaseFile.Read("bpe"))
        {
            var ids = new List<int>();
            encoder.Encode(item.Text("text")!, ids, []);
            tally.Compare(item.GetRawText(), ids, item.Ids(key));
        }

        tally.Demand();
    }

    internal static string? Show(IReadOnlyList<LanguageCount>? counts) =>
        counts is null ? null : string.Join(' ', counts.Select(count => $"{count.Language}:{count.Count}"));

    internal static string? Show(JsonElement counts) => counts.ValueKind == JsonValueKind.Array
        ? string.Join(' ', counts.EnumerateArray().Select(count => $"{count[0].GetString()}:{count[1].GetInt32()}"))
        : null;

    private static void Compare(string file, Func<string, string?> compute, double share = 1)
    {
        var tally = new Tally(file);
        foreach (JsonElement item in CaseFile.Read(file))
        {
            tally.Compare(item.GetRawText(), compute(item.Text("text")!), item.Text("output"));
        }

        tally.Demand(share);
    }

    private static Func<string, string?> Reader(string folder)
    {
        var reader = new JapaneseReader(() => [folder]);
        return text =>
        {
            try
            {
                return reader.Read(text, new List<LyricWarning>());
            }
            catch (RomanizationException)
            {
                return null;
            }
        };
    }
}
