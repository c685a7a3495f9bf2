namespace AceStep;

/// <summary>
/// A request breaks a rule. The message names the field, the rule and the value; nothing has been computed.
/// </summary>
public sealed class InvalidRequestException : ArgumentException
{
    /// <summary>A rule broken by a field of the request.</summary>
    /// <param name="field">The field, as the request spells it: "Guidance.Scale".</param>
    /// <param name="rule">The rule, with the value that breaks it.</param>
    public InvalidRequestException(string field, string rule)
        : base($"{field}: {rule}")
    {
        Field = field;
        Rule = rule;
    }

    /// <summary>The field, as the request spells it.</summary>
    public string Field { get; }

    /// <summary>The rule, with the value that breaks it.</summary>
    public string Rule { get; }
}
