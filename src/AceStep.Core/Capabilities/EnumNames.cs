using System.Text.Json;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>The spelling of choices outside C#: lower case, words joined by underscores, as the guide has them.</summary>
internal static class EnumNames
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => value switch
        {
            SchedulerKind.PingPong => "pingpong",
            _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
        };

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
