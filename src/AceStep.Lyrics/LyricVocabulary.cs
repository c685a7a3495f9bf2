using System.Text.Json;
using AceStep.Lyrics.Bpe;

namespace AceStep.Lyrics;

/// <summary>The lyric tokenizer's vocabulary, read from the file <c>vocab.json</c> of the original's source or of a checkpoint. Immutable and thread-safe.</summary>
public sealed class LyricVocabulary
{
    internal const int StartId = 261;
    internal const int LineEndId = 2;

    // Far more than the released file, which has 0.4 MB.
    private const int LargestFile = 64 << 20;

    private static readonly HashSet<string> ControlTokens = new(StringComparer.Ordinal) { "[STOP]", "[UNK]", "[SPACE]", "[START]" };

    private LyricVocabulary(BpeEncoder encoder)
    {
        Encoder = encoder;
        Require("[START]", StartId);
        Require("[SPACE]", LineEndId);
        foreach (string language in LyricTokenizer.SupportedLanguages)
        {
            string token = LyricTokenizer.LanguageToken(language);
            if (!encoder.AddedTokens.ContainsKey(token))
            {
                throw new InvalidDataException($"added_tokens lacks the language {token}");
            }
        }

        HashSet<string> languages = [.. LyricTokenizer.SupportedLanguages.Select(LyricTokenizer.LanguageToken)];
        StructureTags =
        [
            .. encoder.AddedTokens.Keys.Where(token => !ControlTokens.Contains(token) && !languages.Contains(token)),
        ];
    }

    /// <summary>The highest token id plus one.</summary>
    public int Count => Encoder.Count;

    /// <summary>
    /// The tags that are a single token, such as <c>[verse]</c> and <c>[chorus]</c>. Other tags, such as <c>[Verse 2]</c>,
    /// are encoded like sung text.
    /// </summary>
    public IReadOnlyList<string> StructureTags { get; }

    internal BpeEncoder Encoder { get; }

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="vocabJsonPath">The path of a <c>vocab.json</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a lyric vocabulary; the message names the file and the rule it breaks.</exception>
    public static LyricVocabulary Load(string vocabJsonPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabJsonPath);
        ReadOnlyMemory<byte> json = JsonFile.Read(vocabJsonPath, "it", LargestFile, rule => Refusal($"{rule}."));
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new LyricVocabulary(BpeEncoder.Read(document.RootElement));
        }
        catch (JsonException error)
        {
            throw Refusal($"{JsonFile.Rule("it", json.Span, error)}.", error);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException or InvalidOperationException)
        {
            // The last one is what .NET throws for a value of another kind and for text with a lone surrogate.
            throw Refusal(error.Message, error);
        }

        InvalidDataException Refusal(string why, Exception? inner = null) => new($"{vocabJsonPath} is not a lyric vocabulary: {why}", inner);
    }

    // The model was trained with these two ids, and the original uses them without looking them up.
    private void Require(string token, int id)
    {
        if (!Encoder.AddedTokens.TryGetValue(token, out int found) || found != id)
        {
            throw new InvalidDataException($"the added token {token} must have the id {id}");
        }
    }
}
