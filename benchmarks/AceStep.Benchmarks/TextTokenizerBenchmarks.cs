using System.Text.Json.Nodes;
using AceStep.Models;
using BenchmarkDotNet.Attributes;

namespace AceStep.Benchmarks;

/// <summary>The text encoder's tokenizer at its released size: as many made-up pieces beside those of the demonstration checkpoint.</summary>
[MemoryDiagnoser]
public class TextTokenizerBenchmarks
{
    private const int Pieces = 256_300;

    private static readonly string Prompt = "funk, pop, soul, 105 BPM, energetic, upbeat, groovy, vibrant, dynamic, warm bass, brass section, female vocals";

    private string _path = null!;
    private Umt5Tokenizer _tokenizer = null!;

    [GlobalSetup]
    public void Write()
    {
        string small = Path.Combine(Repository.Root, "checkpoints", "nano", "umt5-base", "tokenizer.json");
        JsonNode tokenizer = JsonNode.Parse(File.ReadAllBytes(small))!;
        JsonArray vocabulary = tokenizer["model"]!["vocab"]!.AsArray();
        HashSet<string> known = [.. vocabulary.Select(piece => piece![0]!.GetValue<string>())];
        Random random = new(1);
        while (vocabulary.Count < Pieces)
        {
            string piece = (random.Next(2) == 0 ? "\u2581" : "") + string.Concat(Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)('a' + random.Next(26))));
            if (known.Add(piece))
            {
                vocabulary.Add(new JsonArray(piece, -5 - (10 * random.NextDouble())));
            }
        }

        _path = Path.GetTempFileName();
        File.WriteAllText(_path, tokenizer.ToJsonString());
        _tokenizer = Umt5Tokenizer.Load(_path);
    }

    [GlobalCleanup]
    public void Delete() => File.Delete(_path);

    [Benchmark]
    public Umt5Tokenizer Load() => Umt5Tokenizer.Load(_path);

    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(Prompt);
}
