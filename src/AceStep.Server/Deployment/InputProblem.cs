using System.Globalization;
using System.Text.Json;
using AceStep.Server.Http;

namespace AceStep.Server.Deployment;

/// <summary>One thing that is wrong with the inputs. Immutable.</summary>
/// <param name="Type">The kind, in Replicate's words: "invalid_type", "enum", "number_lte".</param>
/// <param name="Field">The field's name; "" for the inputs as a whole.</param>
/// <param name="Description">What is wrong, without the field's name.</param>
public sealed record InputProblem(string Type, string Field, string Description)
{
    /// <summary>All that is wrong with the fields of a JSON object, each looked at by itself; unknown fields are left alone.</summary>
    public static IReadOnlyList<InputProblem> Find(JsonElement input) => input.ValueKind == JsonValueKind.Object
        ? [.. DeploymentInput.Fields.Select(field => Check(field, input)).OfType<InputProblem>()]
        : [WrongType("", "object", input)];

    private static InputProblem? Check(DeploymentField field, JsonElement input)
    {
        if (!input.TryGetProperty(field.Name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return field.Kind switch
        {
            DeploymentFieldKind.Text or DeploymentFieldKind.Audio => CheckText(field, value),
            DeploymentFieldKind.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : WrongType(field.Name, "boolean", value),
            _ => CheckNumber(field, value),
        };
    }

    private static InputProblem? CheckText(DeploymentField field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return WrongType(field.Name, "string", value);
        }

        if (JsonText.Of(value) is not { } text)
        {
            return new InputProblem("invalid_type", field.Name, "Invalid type. Expected: Unicode text, given: half a character (a lone surrogate)");
        }

        return field.Choices.Count == 0 || field.Choices.Contains(text) ? null : NoChoice(field);
    }

    private static InputProblem? CheckNumber(DeploymentField field, JsonElement value)
    {
        bool isWhole = field.Kind == DeploymentFieldKind.WholeNumber;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !double.IsFinite(number))
        {
            return WrongType(field.Name, isWhole ? "integer" : "number", value);
        }

        if (isWhole && !double.IsInteger(number))
        {
            return new InputProblem("invalid_type", field.Name, "Invalid type. Expected: integer, given: number");
        }

        // -1 means that a seed is to be drawn.
        if (field.IsSeed && number == -1)
        {
            return null;
        }

        // Beyond 2^53 a double may stand for several whole numbers: what a seed must not do.
        if (field.IsSeed && !value.TryGetInt64(out _) && Math.Abs(number) >= 1L << 53)
        {
            return new InputProblem("number_lte", field.Name, $"Must be {Seeds.Rule}");
        }

        if (field.Choices.Count > 0 && !field.Choices.Contains(Text(number)))
        {
            return NoChoice(field);
        }

        return number < field.Minimum ? new InputProblem("number_gte", field.Name, $"{field.Promise}Must be greater than or equal to {Text(field.Minimum.Value)}")
            : number > field.Maximum ? new InputProblem("number_lte", field.Name, $"{field.Promise}Must be less than or equal to {Text(field.Maximum.Value)}")
            : null;
    }

    private static InputProblem NoChoice(DeploymentField field)
    {
        bool isText = field.Kind == DeploymentFieldKind.Text;
        return new("enum", field.Name, $"{field.Name} must be one of the following: {string.Join(", ", field.Choices.Select(choice => isText ? $"\"{choice}\"" : choice))}");
    }

    private static InputProblem WrongType(string field, string expected, JsonElement value) => new("invalid_type", field, $"Invalid type. Expected: {expected}, given: {Name(value)}");

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
