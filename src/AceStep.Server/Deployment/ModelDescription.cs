using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AceStep.Server.Deployment;

/// <summary>What the server says of its model: names, version, OpenAPI document. Made once.</summary>
internal sealed class ModelDescription(AceStepServerOptions options, TimeProvider time)
{
    private readonly JsonObject _openApi = OpenApiDocument.Create();

    /// <summary>The model's own name, without its owner.</summary>
    public string Name => options.ModelName;

    /// <summary>The owner that lists name.</summary>
    public string Owner => options.ModelOwner;

    /// <summary>64 hexadecimal digits: other inputs or another checkpoint have another version.</summary>
    public string Version { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(OpenApiDocument.Create().ToJsonString() + Path.GetFileName(options.Checkpoint))));

    /// <summary>When the server started.</summary>
    public DateTimeOffset Created { get; } = time.GetUtcNow();

    /// <summary>A copy of the OpenAPI document, which its receiver may put where it likes.</summary>
    public JsonNode OpenApi() => _openApi.DeepClone();

    /// <summary>Whether a version names this model: its id, "owner/name:id" or "owner/name".</summary>
    public bool IsVersion(string version)
    {
        string[] parts = version.Split(':');
        return parts switch
        {
            [var one] => one == Version || IsModel(one),
            [var model, var id] => IsModel(model) && id == Version,
            _ => false,
        };
    }

    /// <summary>Whether "owner/name" names this model, whoever the owner is.</summary>
    public bool IsModel(string model) => model.Split('/') is [{ Length: > 0 and <= 100 } owner, var name] && name == Name && owner.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
}
