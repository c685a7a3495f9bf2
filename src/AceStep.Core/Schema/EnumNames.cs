using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>The spelling of choices outside C#: lower case, words joined by underscores.</summary>
internal static class EnumNames
{
    /// <summary>The name of a value.</summary>
    public static string Of(Enum value) => value switch
    {
        SchedulerKind.PingPong => "pingpong",
        _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
    };

    /// <summary>The values of an enumeration by their names, in the order of its numbers.</summary>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The requests' enumerations are used by name throughout the code.")]
    public static IReadOnlyList<KeyValuePair<string, Enum>> All(Type type) =>
        [.. Enum.GetValues(type).Cast<Enum>().Select(value => KeyValuePair.Create(Of(value), value))];

    /// <summary>The value of a name; dashes count as underscores, case does not count.</summary>
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
