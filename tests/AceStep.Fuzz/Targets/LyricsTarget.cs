using AceStep.Lyrics;

namespace AceStep.Fuzz.Targets;

/// <summary>Lyrics as people paste them. The first byte says in which language they are to be read: a letter from "a" on; anything else leaves it to be found.</summary>
internal sealed class LyricsTarget : FuzzTarget
{
    private readonly LyricVocabulary _vocabulary = LyricVocabulary.Load(Path.Combine(AppContext.BaseDirectory, "Data", "vocab.json"));
    private readonly LyricTokenizer _tokenizer;

    public LyricsTarget() => _tokenizer = new LyricTokenizer(_vocabulary, new LyricTokenizerOptions(), () => []);

    public override string Name => "lyrics";

    public override string Reads => "LyricTokenizer.Encode: as the original, and tidied with language marks; no MeCab";

    public override IReadOnlyList<string> Words =>
    [
        "[verse]", "[Chorus 2]", "【副歌】", "**Bridge:**", "[lang:ja]", "[lang:zh]", "[00:12.34]", "<00:12.34>", "[ar:x]", "\r\n", "\u2028", "<zh>", "</zh>", "<date>2023-12-24</date>", "<currency>", "<telephone>",
        "1,234.56", "$3.50", "€", "3rd", "12:30", "99%", "二〇二三年", "三百", "1/2", "⑥$4⑥0000000⑥", "mr.", "ё", "ß", "ı", "か", "漢", "한", "ह", "ع", "\u0301", "\u200d", "😀", "“", "”", "’",
    ];

    public override long Buffers => 1 << 20;

    // A character may be a dozen spoken ones, each of them a token with its own text; the language of each part is found anew.
    public override int BytesPerByte => 2000;

    public override void Read(byte[] input)
    {
        int choice = input.Length > 0 ? input[0] - 'a' : -1;
        string? language = choice >= 0 && choice < LyricTokenizer.SupportedLanguages.Count ? LyricTokenizer.SupportedLanguages[choice] : null;
        string text = InputText.Of(input.AsSpan(Math.Min(1, input.Length)));
        foreach (bool tidy in (bool[])[false, true])
        {
            LyricEncoding encoding = _tokenizer.Encode(text, new LyricReading { Language = language, Tidy = tidy, ReadLanguageMarks = tidy });
            Require(encoding.Ids.All(id => id >= 0 && id < _vocabulary.Count), "ids are of the vocabulary");
            int count = text.Count(character => character == '\n') + 1;
            Require(encoding.Lines.Select(line => line.Number).Distinct().SequenceEqual(Enumerable.Range(1, count)), "every line is reported");
            Require(encoding.Lines.All(line => line.Language is null || LyricTokenizer.SupportedLanguages.Contains(line.Language)), "lines are sung in a language of the model's");
            Require(encoding.Lines.All(line => !line.IsDropped || (line.Ids.Count == 0 && line.Warnings.Count > 0)), "what is left out is said");
        }
    }

    public override bool IsRefusal(Exception error) => false;
}
