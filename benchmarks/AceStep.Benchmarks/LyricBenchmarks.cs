using System.IO.Compression;
using System.Text.Json;
using AceStep.Lyrics;
using BenchmarkDotNet.Attributes;

namespace AceStep.Benchmarks;

/// <summary>
/// Lines of one language, found, cleaned and encoded on one core; the time is that of 1,000 lines. The goal is 100 ms in
/// Latin script and 500 ms in Chinese and Japanese: 10,000 and 2,000 lines a second.
/// </summary>
[MemoryDiagnoser]
public class LyricBenchmarks
{
    private const int Lines = 1000;

    // Longer cases are tests of limits, not lines.
    private const int LongestLine = 120;

    private LyricTokenizer _tokenizer = null!;
    private string[] _lines = null!;

    [Params("en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "cs", "nl", "ar", "zh", "ja", "hu", "ko", "hi")]
    public string Language { get; set; } = "";

    [GlobalSetup]
    public void ReadLines()
    {
        string root = Repository.Root;
        _tokenizer = new LyricTokenizer(LyricVocabulary.Load(Path.Combine(root, "checkpoints", "nano", "lyric_tokenizer", "vocab.json")));
        using var stream = new GZipStream(
            File.OpenRead(Path.Combine(root, "tests", "data", "reference", "lyrics", "tokenize.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } json)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            string text = document.RootElement.GetProperty("text").GetString()!;
            if (document.RootElement.GetProperty("set").GetString() == Language && text.Length <= LongestLine)
            {
                lines.Add(text);
            }
        }

        _lines = [.. Enumerable.Range(0, Lines).Select(index => lines[index % lines.Count])];
    }

    [Benchmark]
    public int Encode()
    {
        int count = 0;
        foreach (string line in _lines)
        {
            count += _tokenizer.EncodeLine(line).Ids.Count;
        }

        return count;
    }
}
