using System.Text.Json;
using AceStep.Server.Deployment;

namespace AceStep.Fuzz.Targets;

/// <summary>The deployment's inputs as JSON: each field's problems, the inputs, the library's request.</summary>
internal sealed class DeploymentTarget : FuzzTarget
{
    public override string Name => "deployment";

    public override string Reads => "InputProblem.Find, DeploymentInput.Parse and ToRequest, MusicPipeline.Validate";

    public override IReadOnlyList<string> Words =>
    [
        .. DeploymentInput.Fields.Select(input => $"\"{input.Name}\":"), .. DeploymentInput.Fields.SelectMany(input => input.Choices).Distinct().Select(choice => $"\"{choice}\""),
        "\\ud800", "1e999", "9223372036854775807", "1e18", "60.0", "-1", "null", "true",
    ];

    public override void Read(byte[] input)
    {
        using JsonDocument document = JsonDocument.Parse(input);
        bool hasProblems = InputProblem.Find(document.RootElement).Count > 0;
        DeploymentInput parsed;
        try
        {
            parsed = DeploymentInput.Parse(document.RootElement);
        }
        catch (InvalidRequestException)
        {
            return;
        }

        // Both must hold to one set of rules; those between fields are known to the second alone.
        Require(!hasProblems, "what has a problem is not parsed");
        try
        {
            MusicPipeline.Validate(parsed.ToRequest(_ => MusicSource.FromFile("source")));
        }
        catch (InvalidRequestException)
        {
            // What the task asks for: a source, a span.
        }
    }

    public override bool IsRefusal(Exception error) => error is JsonException;
}
