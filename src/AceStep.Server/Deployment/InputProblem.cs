using System.Text.Json;

namespace AceStep.Server.Deployment;

/// <summary>One thing that is wrong with the inputs. Immutable.</summary>
/// <param name="Type">The kind, in Replicate's words: "invalid_type", "enum", "number_lte".</param>
/// <param name="Field">The field's name; "" for the inputs as a whole.</param>
/// <param name="Description">What is wrong, in Replicate's words, without the field's name.</param>
public sealed record InputProblem(string Type, string Field, string Description)
{
    /// <summary>What is wrong, in the library's words, with the value.</summary>
    public string Rule { get; init; } = Description;

    /// <summary>All that is wrong with the fields of a JSON object, each looked at by itself; unknown fields are left alone.</summary>
    public static IReadOnlyList<InputProblem> Find(JsonElement input) => Find(input, null);

    /// <summary>Reads the fields of a JSON object; gives all that is wrong with them.</summary>
    /// <param name="input">The object. Unknown members are left alone; null means the default.</param>
    /// <param name="take">Called with each value that is right; null where they are not wanted.</param>
    internal static IReadOnlyList<InputProblem> Find(JsonElement input, Action<DeploymentField, object>? take)
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            return [new InputProblem("invalid_type", "", $"Invalid type. Expected: object, given: {TypeOf(input)}") { Rule = $"must be an object; it is {TypeOf(input)}." }];
        }

        if (!JsonText.HasNames(input))
        {
            return [new InputProblem("invalid_type", "", "Invalid type. Expected: names that are Unicode text") { Rule = "must have names that are Unicode text; one is not." }];
        }

        List<InputProblem> problems = [];
        foreach (DeploymentField field in DeploymentInput.Fields)
        {
            if (!input.TryGetProperty(field.Name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (field.Read(value, take is not null, out object? read) is { } problem)
            {
                problems.Add(problem);
            }
            else if (read is not null)
            {
                take?.Invoke(field, read);
            }
        }

        return problems;
    }

    /// <summary>JSON's own name of a value's type.</summary>
    internal static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };
}
