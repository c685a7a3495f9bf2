namespace AceStep.Planning;

/// <summary>The words that an accompaniment's style adds to the prompt.</summary>
internal static class AccompanimentPrompts
{
    /// <summary>The prompt with the style's words after it: "warm, jazz accompaniment".</summary>
    public static string Join(string prompt, AccompanimentStyle style)
    {
        string words = style == AccompanimentStyle.Matching ? "instrumental accompaniment" : $"{EnumNames.Of(style)} accompaniment";
        return string.IsNullOrWhiteSpace(prompt) ? words : $"{prompt}, {words}";
    }
}
