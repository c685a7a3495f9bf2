using System.Text.Json.Nodes;

namespace AceStep.Lyrics.Tests;

/// <summary>Writes vocabularies for single tests: every printable ASCII character, and what the test adds or breaks.</summary>
internal static class SmallVocabulary
{
    /// <summary>A description that is valid as it is.</summary>
    public static JsonObject Describe(params string[] merges)
    {
        var vocabulary = new JsonObject { ["[STOP]"] = 0, ["[UNK]"] = 1, ["[SPACE]"] = 2 };
        int id = 300;
        for (char letter = '!'; letter <= '~'; letter++)
        {
            vocabulary[letter.ToString()] = id++;
        }

        foreach (string merged in merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)).Distinct())
        {
            vocabulary[merged] = id++;
        }

        var added = new JsonArray(Token("[STOP]", 0), Token("[UNK]", 1), Token("[SPACE]", 2), Token("[START]", 261), Token("[verse]", 100));
        foreach ((string language, int index) in LyricTokenizer.SupportedLanguages.Select((language, index) => (language, index)))
        {
            added.Add(Token(LyricTokenizer.LanguageToken(language), 200 + index));
        }

        return new JsonObject
        {
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" },
            ["post_processor"] = null,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "[UNK]",
                ["fuse_unk"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
    }

    public static LyricVocabulary Load(JsonNode description)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, description.ToJsonString());
            return LyricVocabulary.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static int Id(JsonObject description, string token) => description["model"]!["vocab"]![token]!.GetValue<int>();

    private static JsonObject Token(string content, int id) => new() { ["id"] = id, ["content"] = content, ["special"] = true, ["lstrip"] = false };
}
