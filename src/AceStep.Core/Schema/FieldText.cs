using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>Formats values for messages and documentation, independently of the machine's culture.</summary>
internal static class FieldText
{
    private const int LongestList = 20;

    /// <summary>A number, with at most six decimals.</summary>
    public static string Of(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A time in seconds, with its unit.</summary>
    public static string Of(TimeSpan value) => $"{Of(value.TotalSeconds)} s";

    /// <summary>The first few of several numbers.</summary>
    public static string Of(IReadOnlyList<int> values) =>
        string.Join(",", values.Take(LongestList).Select(value => value.ToString(CultureInfo.InvariantCulture))) + (values.Count > LongestList ? ",..." : "");

    /// <summary>"euler, heun or pingpong".</summary>
    public static string OneOf(IReadOnlyList<string> choices) => choices.Count == 1 ? choices[0] : string.Join(", ", choices.SkipLast(1)) + " or " + choices[^1];

    /// <summary>A field's default as text; "" if there is none.</summary>
    public static string OfDefault(object? value) => value switch
    {
        null => "",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        Enum choice => EnumNames.Of(choice),
        TimeSpan time => time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        IReadOnlyList<int> numbers => numbers.Count == 0 ? "none" : Of(numbers),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}

/// <summary>The names of enumerations' values outside C#: lower case, words joined by underscores.</summary>
internal static class EnumNames
{
    /// <summary>The name of a value.</summary>
    public static string Of(Enum value) => value switch
    {
        SchedulerKind.PingPong => "pingpong",
        _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
    };

    /// <summary>All values of an enumeration with their names, in numerical order.</summary>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The requests' enumerations are used by name throughout the code.")]
    public static IReadOnlyList<KeyValuePair<string, Enum>> All(Type type) =>
        [.. Enum.GetValues(type).Cast<Enum>().Select(value => KeyValuePair.Create(Of(value), value))];

    /// <summary>Finds the value of a name. Dashes count as underscores; case is ignored.</summary>
    public static bool TryParse<TEnum>(string name, out TEnum value)
        where TEnum : struct, Enum
    {
        string wanted = name.Replace('-', '_');
        foreach (TEnum candidate in Enum.GetValues<TEnum>())
        {
            if (Of(candidate).Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }
}
