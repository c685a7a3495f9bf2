using System.CommandLine.Parsing;
using System.Globalization;

namespace AceStep.Cli.Options;

/// <summary>Reads the values of options, independently of the machine's culture.</summary>
internal static class Values
{
    public static double? Number(ArgumentResult result) =>
        double.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : Refuse<double?>(result, "a number such as 1.5");

    public static int? WholeNumber(ArgumentResult result) =>
        int.TryParse(Token(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : Refuse<int?>(result, "a whole number");

    public static TimeSpan? Seconds(ArgumentResult result) =>
        double.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && Math.Abs(value) < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(value)
            : Refuse<TimeSpan?>(result, "a number of seconds such as 12.5");

    public static Seeds? Seeds(ArgumentResult result) =>
        AceStep.Seeds.TryParse(Token(result), out Seeds? seeds, out string rule) ? seeds : Refuse<Seeds?>(result, rule);

    public static IReadOnlyList<int>? WholeNumbers(ArgumentResult result)
    {
        List<int> numbers = [];
        foreach (string part in Token(result).Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            {
                return Refuse<IReadOnlyList<int>?>(result, "whole numbers separated by commas, such as 1,2,4");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    public static string? Text(ArgumentResult result) => Token(result);

    /// <summary>Reads one of several values by its name. Case, dashes and underscores are ignored.</summary>
    public static object? Choice(ArgumentResult result, IReadOnlyList<KeyValuePair<string, object>> choices)
    {
        string wanted = Squeeze(Token(result));
        return choices.FirstOrDefault(choice => Squeeze(choice.Key) == wanted).Value ?? Refuse<object>(result, $"one of {string.Join(", ", NamesOf(choices))}");
    }

    /// <summary>The names of values on the command line.</summary>
    public static string[] NamesOf(IReadOnlyList<KeyValuePair<string, object>> choices) => [.. choices.Select(choice => choice.Key.Replace('_', '-'))];

    /// <summary>Reads a member of an enumeration by its name in lower case, with words joined by dashes, underscores or nothing.</summary>
    public static TEnum? Choice<TEnum>(ArgumentResult result, IReadOnlyList<string> names)
        where TEnum : struct, Enum
    {
        string wanted = Squeeze(Token(result));
        return names.Any(name => Squeeze(name) == wanted) && Enum.TryParse(wanted, ignoreCase: true, out TEnum value)
            ? value
            : Refuse<TEnum?>(result, $"one of {string.Join(", ", names)}");
    }

    /// <summary>Reads one of several words; returns it in lower case.</summary>
    public static string? Word(ArgumentResult result, IReadOnlyList<string> words)
    {
        string word = Token(result).ToLowerInvariant();
        return words.Contains(word) ? word : Refuse<string?>(result, $"one of {string.Join(", ", words)}");
    }

    /// <summary>The names of an enumeration's members on the command line.</summary>
    public static string[] NamesOf<TEnum>()
        where TEnum : struct, Enum => [.. Enum.GetNames<TEnum>().Select(name => name.ToLowerInvariant())];

    private static string Squeeze(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string Token(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string expected)
    {
        string option = result.Parent is OptionResult parent ? parent.Option.Name : result.Argument.Name;
        result.AddError($"{option} takes {expected}, not '{Token(result)}'.");
        return default;
    }
}
