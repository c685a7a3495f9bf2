using System.Text.Json;
using AceStep.Server.Http;

namespace AceStep.Server.Deployment;

/// <summary>One field of <see cref="DeploymentInput"/>: what an HTTP interface says of it, and how its values are read. Immutable.</summary>
public sealed record DeploymentField
{
    private const int LongestValueShown = 60;

    /// <summary>Beyond it a floating-point number may stand for several whole ones, which a seed must not do.</summary>
    private const long LargestExact = 1L << 53;

    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it means, in one line.</summary>
    public required string Description { get; init; }

    /// <summary>What it holds.</summary>
    public required DeploymentFieldKind Kind { get; init; }

    /// <summary>The default: text, <see cref="double"/>, <see cref="long"/> or <see cref="bool"/> by its kind; null where there is none.</summary>
    public required object? Default { get; init; }

    /// <summary>The least number allowed; null without a bound.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest number allowed; null without a bound.</summary>
    public double? Maximum { get; init; }

    /// <summary>The values allowed, where they can be listed; else empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether it is a seed, for which -1 means "draw one".</summary>
    internal bool IsSeed { get; init; }

    /// <summary>What a message about a number begins with; the deployment promises words for some fields.</summary>
    internal string Promise { get; init; } = "";

    /// <summary>The most characters of a text.</summary>
    internal int MaximumLength { get; init; } = int.MaxValue;

    /// <summary>The tasks that read it.</summary>
    internal IReadOnlyList<MusicTask> Tasks { get; init; } = [];

    /// <summary>Whether two fields take the same values and have the same default.</summary>
    internal bool TakesTheSame(DeploymentField other) =>
        (Kind, Minimum, Maximum, IsSeed) == (other.Kind, other.Minimum, other.Maximum, other.IsSeed) && Equals(Default, other.Default) && Choices.SequenceEqual(other.Choices);

    /// <summary>Reads a value and checks it by itself.</summary>
    /// <param name="value">The value, which is not null.</param>
    /// <param name="isWanted">Whether what it says is wanted: a song within the inputs is not copied to be looked at.</param>
    /// <param name="read">What it says, of the type of <see cref="Default"/>; null where it means "none", or is not wanted.</param>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    internal InputProblem? Read(JsonElement value, bool isWanted, out object? read)
    {
        read = null;
        switch (Kind)
        {
            case DeploymentFieldKind.Audio when !isWanted && LargeText.IsPlainData(value):
                return null;
            case DeploymentFieldKind.Text or DeploymentFieldKind.Audio:
                return ReadText(value, out read);
            case DeploymentFieldKind.Flag when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                read = value.GetBoolean();
                return null;
            case DeploymentFieldKind.Flag:
                return WrongType("boolean", NameOf(value), "must be true or false", value);
            default:
                return ReadNumber(value, out read);
        }
    }

    private InputProblem? ReadText(JsonElement value, out object? read)
    {
        read = null;
        if (LargeText.IsLonger(value, MaximumLength))
        {
            return TooLong(value);
        }

        string? text = JsonText.Of(value);
        read = text;
        return text is not null && text.Length > MaximumLength ? TooLong(value)
            : text is not null ? (Choices.Count == 0 || Choices.Contains(text) ? null : NoChoice(value))
            : value.ValueKind == JsonValueKind.String ? WrongType("Unicode text", "half a character (a lone surrogate)", "must be valid Unicode text", value)
            : WrongType("string", NameOf(value), "must be text", value);
    }

    private InputProblem? ReadNumber(JsonElement value, out object? read)
    {
        read = null;
        bool isWhole = Kind == DeploymentFieldKind.WholeNumber;
        string kind = IsSeed ? Seeds.Rule : isWhole ? "a whole number" : "a number";
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !double.IsFinite(number))
        {
            return WrongType(isWhole ? "integer" : "number", NameOf(value), $"must be {kind}", value);
        }

        if (isWhole && !double.IsInteger(number))
        {
            return WrongType("integer", "number", $"must be {kind}", value);
        }

        // -1 means that a seed is to be drawn.
        if (IsSeed && number == -1)
        {
            return null;
        }

        // JSON knows no integers: 60.0 is one too.
        bool isExact = value.TryGetInt64(out long exact);
        if (isWhole && !isExact && Math.Abs(number) >= LargestExact)
        {
            return new InputProblem("number_lte", Name, $"Must be {kind}") { Rule = Rule($"must be {kind}", value) };
        }

        if (Choices.Count > 0 && !Choices.Contains(FieldText.Of(number)))
        {
            return NoChoice(value);
        }

        read = isWhole ? (object)(isExact ? exact : (long)number) : number;
        return number < Minimum ? OutOfRange("number_gte", "greater", Minimum.Value, value)
            : number > Maximum ? OutOfRange("number_lte", "less", Maximum.Value, value)
            : null;
    }

    private InputProblem WrongType(string expected, string given, string rule, JsonElement value) =>
        new("invalid_type", Name, $"Invalid type. Expected: {expected}, given: {given}") { Rule = Rule(rule, value) };

    private InputProblem OutOfRange(string type, string side, double bound, JsonElement value)
    {
        string range = (Minimum, Maximum) switch
        {
            ({ } minimum, { } maximum) => $"{FieldText.Of(minimum)} to {FieldText.Of(maximum)}",
            ({ } minimum, _) => $"at least {FieldText.Of(minimum)}",
            (_, { } maximum) => $"at most {FieldText.Of(maximum)}",
            _ => "",
        };
        return new(type, Name, $"{Promise}Must be {side} than or equal to {FieldText.Of(bound)}") { Rule = Promise + Rule($"must be {range}", value) };
    }

    private InputProblem TooLong(JsonElement value) =>
        new("string_lte", Name, $"String length must be less than or equal to {MaximumLength}") { Rule = Rule($"must have at most {MaximumLength} characters", value) };

    private InputProblem NoChoice(JsonElement value)
    {
        IEnumerable<string> choices = Kind == DeploymentFieldKind.Text ? Choices.Select(choice => $"\"{choice}\"") : Choices;
        return new("enum", Name, $"{Name} must be one of the following: {string.Join(", ", choices)}") { Rule = Rule($"must be {FieldText.OneOf(Choices)}", value) };
    }

    private static string Rule(string rule, JsonElement value) => $"{rule}; it is {LargeText.Beginning(value, LongestValueShown)}.";

    private static string NameOf(JsonElement value) => InputProblem.TypeOf(value);
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
