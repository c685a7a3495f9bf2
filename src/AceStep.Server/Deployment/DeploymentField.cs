using System.Globalization;

namespace AceStep.Server.Deployment;

/// <summary>One field of <see cref="DeploymentInput"/>: what an HTTP interface says of it. Immutable.</summary>
public sealed record DeploymentField
{
    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it means, in one line.</summary>
    public required string Description { get; init; }

    /// <summary>What it holds.</summary>
    public required DeploymentFieldKind Kind { get; init; }

    /// <summary>The default; null where there is none.</summary>
    public required object? Default { get; init; }

    /// <summary>The least number allowed; null without a bound.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest number allowed; null without a bound.</summary>
    public double? Maximum { get; init; }

    /// <summary>The values allowed, where they can be listed; else empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether it is a seed, for which -1 means "draw one".</summary>
    internal bool IsSeed => Name is "seed" or "variation_seed";

    /// <summary>Reads the field's number from an input; null for fields that are no numbers or are not given.</summary>
    internal Func<DeploymentInput, double?>? Number { get; init; }

    /// <summary>What a message begins with; the deployment promises words for some fields.</summary>
    internal string Promise { get; init; } = "";

    /// <exception cref="InvalidRequestException">The field's number is outside its bounds, or is not one of its choices.</exception>
    internal void Check(DeploymentInput input)
    {
        if (Number?.Invoke(input) is not { } value)
        {
            return;
        }

        // Written so that NaN fails.
        bool fits = double.IsFinite(value) && !(value < Minimum) && !(value > Maximum) && (Choices.Count == 0 || Choices.Contains(Text(value)));
        if (!fits)
        {
            throw new InvalidRequestException(Name, $"{Promise}must be {Range}; it is {Text(value)}.");
        }
    }

    private string Range => Choices.Count > 0
        ? string.Join(" or ", Choices)
        : (Minimum, Maximum) switch
        {
            ({ } minimum, { } maximum) => $"{Text(minimum)} to {Text(maximum)}",
            ({ } minimum, null) => $"at least {Text(minimum)}",
            (null, { } maximum) => $"at most {Text(maximum)}",
            _ => "a finite number",
        };

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}

/// <summary>What a field of the deployment holds.</summary>
public enum DeploymentFieldKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    WholeNumber,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>The address of an audio file.</summary>
    Audio,
}
