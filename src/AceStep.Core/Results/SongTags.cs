using System.Globalization;
using AceStep.Audio;

namespace AceStep;

/// <summary>The tags of a generated song's file: a title, and a comment with prompt, seed and model. Immutable.</summary>
/// <remarks>
/// The comment has the form <c>seed: 42; model: ACE-Step v1 3.5B; prompt: funk, warm bass</c>. From any other comment
/// nothing but the title is read.
/// </remarks>
public sealed record SongTags
{
    private const string SeedKey = "seed: ";
    private const string ModelKey = "model: ";
    private const string PromptKey = "prompt: ";
    private const string Separator = "; ";

    /// <summary>The title, or null.</summary>
    public string? Title { get; init; }

    /// <summary>The prompt that the song was generated from, or null.</summary>
    public string? Prompt { get; init; }

    /// <summary>The seed of its noise, or null.</summary>
    public long? Seed { get; init; }

    /// <summary>The model's name, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Reads them from a file's tags.</summary>
    public static SongTags Of(AudioTags tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        string comment = tags.Comment ?? "";
        return new SongTags
        {
            Title = tags.Title,
            Prompt = Field(comment, PromptKey),
            Seed = long.TryParse(Field(comment, SeedKey), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed : null,
            Model = Field(comment, ModelKey),
        };
    }

    /// <summary>Converts them to a file's tags. Line breaks become spaces, and a semicolon in the model's name becomes a comma.</summary>
    public AudioTags ToAudioTags()
    {
        List<string> parts = [];
        if (Seed is { } seed)
        {
            parts.Add(SeedKey + seed.ToString(CultureInfo.InvariantCulture));
        }

        if (!string.IsNullOrWhiteSpace(Model))
        {
            parts.Add(ModelKey + OneLine(Model).Replace(';', ','));
        }

        if (!string.IsNullOrWhiteSpace(Prompt))
        {
            // The prompt is last, because it may contain semicolons.
            parts.Add(PromptKey + OneLine(Prompt));
        }

        return new AudioTags
        {
            Title = string.IsNullOrWhiteSpace(Title) ? null : OneLine(Title),
            Comment = parts.Count == 0 ? null : string.Join(Separator, parts),
        };
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();

    /// <summary>The text after a key, up to the next separator; for the prompt, up to the end.</summary>
    private static string? Field(string comment, string key)
    {
        for (string rest = comment; rest.Length > 0;)
        {
            bool isPrompt = rest.StartsWith(PromptKey, StringComparison.Ordinal);
            int end = isPrompt ? -1 : rest.IndexOf(Separator, StringComparison.Ordinal);
            string part = end < 0 ? rest : rest[..end];
            if (part.StartsWith(key, StringComparison.Ordinal))
            {
                return part[key.Length..];
            }

            rest = end < 0 ? "" : rest[(end + Separator.Length)..];
        }

        return null;
    }
}
