using System.Globalization;

namespace AceStep.Audio;

/// <summary>What a file says of itself: a title and a comment, which carries a generated song's prompt, seed and model.</summary>
/// <remarks>
/// The comment of a generated song reads <c>seed: 42; model: ACE-Step v1 3.5B; prompt: funk, warm bass</c>.
/// Files with another comment have it in <see cref="Comment"/> and nothing in the three others.
/// </remarks>
public sealed record AudioTags
{
    private const string SeedKey = "seed: ";
    private const string ModelKey = "model: ";
    private const string PromptKey = "prompt: ";
    private const string Separator = "; ";

    /// <summary>The title, or null.</summary>
    public string? Title { get; init; }

    /// <summary>The comment, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The seed that the comment gives, or null.</summary>
    public long? Seed => long.TryParse(Field(SeedKey), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed : null;

    /// <summary>The model that the comment gives, or null.</summary>
    public string? Model => Field(ModelKey);

    /// <summary>The prompt that the comment gives, or null.</summary>
    public string? Prompt => Field(PromptKey);

    /// <summary>The tags of a generated song.</summary>
    /// <param name="title">The title, or null.</param>
    /// <param name="prompt">The prompt that it was generated from; line breaks become spaces.</param>
    /// <param name="seed">The seed of its noise.</param>
    /// <param name="model">The model's name, without a semicolon.</param>
    public static AudioTags ForSong(string? title, string? prompt, long? seed, string? model)
    {
        List<string> parts = [];
        if (seed is { } number)
        {
            parts.Add(SeedKey + number.ToString(CultureInfo.InvariantCulture));
        }

        if (!string.IsNullOrWhiteSpace(model))
        {
            parts.Add(ModelKey + OneLine(model).Replace(';', ','));
        }

        if (!string.IsNullOrWhiteSpace(prompt))
        {
            // Last, because it may contain anything.
            parts.Add(PromptKey + OneLine(prompt));
        }

        return new AudioTags
        {
            Title = string.IsNullOrWhiteSpace(title) ? null : OneLine(title),
            Comment = parts.Count == 0 ? null : string.Join(Separator, parts),
        };
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();

    /// <summary>The text after a key, up to the next separator; the prompt reaches to the end.</summary>
    private string? Field(string key)
    {
        string rest = Comment ?? "";
        while (rest.Length > 0)
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
