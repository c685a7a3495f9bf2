using System.CommandLine.Parsing;
using System.Globalization;

namespace AceStep.Cli.Options;

/// <summary>A LoRA as the command line names it: <c>path</c> or <c>path:weight</c>.</summary>
internal sealed record LoraChoice(string Path, double Weight)
{
    /// <summary>Reads all values of the option.</summary>
    public static LoraChoice[] Parse(ArgumentResult result) => [.. result.Tokens.Select(token => Parse(token.Value))];

    /// <summary>A colon counts only before a finite number at the end: paths may have colons, too.</summary>
    private static LoraChoice Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && double.IsFinite(weight)
            ? new LoraChoice(text[..colon], weight)
            : new LoraChoice(text, 1);
    }
}
