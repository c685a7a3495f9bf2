using System.Globalization;

namespace AceStep;

/// <summary>One field of a request: what it means, what it may be, and what the guide calls it. Immutable.</summary>
public sealed record FieldCapability
{
    /// <summary>The field, as the request spells it: "Guidance.Scale".</summary>
    public required string Name { get; init; }

    /// <summary>What the field means, in one line.</summary>
    public required string Description { get; init; }

    /// <summary>The default, as text; "" where the field must be given.</summary>
    public required string Default { get; init; }

    /// <summary>The least value allowed; null without a bound. Times are in seconds.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest value allowed; null without a bound. Times are in seconds.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether only whole numbers are meant.</summary>
    public bool IsInteger { get; init; }

    /// <summary>The unit: "s", "Hz", "characters"; null for a pure number.</summary>
    public string? Unit { get; init; }

    /// <summary>The values allowed, where they can be listed; else empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The guide's name of the field (the HTTP interface's); null where the guide does not have it.</summary>
    public string? GuideName { get; init; }

    /// <summary>The guide's least value; null where it is <see cref="Minimum"/>.</summary>
    public double? GuideMinimum { get; init; }

    /// <summary>The guide's greatest value; null where it is <see cref="Maximum"/>.</summary>
    public double? GuideMaximum { get; init; }

    /// <summary>Reads the field's number from a request; null for fields that are no numbers.</summary>
    internal Func<MusicRequest, double>? Number { get; init; }

    /// <summary>"1 to 100", "at least 1", "euler, heun or pingpong": the rule in words; "" without one.</summary>
    public string Range => Choices.Count > 0
        ? string.Join(", ", Choices.SkipLast(1)) + " or " + Choices[^1]
        : (Minimum, Maximum) switch
        {
            ({ } minimum, { } maximum) => $"{Text(minimum)} to {Text(maximum)}",
            ({ } minimum, null) => $"at least {Text(minimum)}",
            (null, { } maximum) => $"at most {Text(maximum)}",
            _ => "",
        };

    /// <summary>Checks the field's number against its bounds.</summary>
    /// <exception cref="InvalidRequestException">Outside them, or not a number.</exception>
    internal void Check(MusicRequest request)
    {
        if (Number?.Invoke(request) is not { } value)
        {
            return;
        }

        // Written so that NaN fails.
        bool fits = double.IsFinite(value) && !(value < Minimum) && !(value > Maximum);
        if (!fits)
        {
            string rule = Range.Length > 0 ? $"must be {Range}{(Unit is null ? "" : " " + Unit)}" : "must be a finite number";
            throw new InvalidRequestException(Name, $"{rule}; it is {Text(value)}.");
        }
    }

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
