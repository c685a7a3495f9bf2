using System.Text;
using System.Text.Json.Nodes;

namespace AceStep.Models.Tests;

/// <summary>The released checkpoint's configs and tables of tensors, which are part of the repository.</summary>
internal static class ReleasedData
{
    /// <summary>What a changed config is called in messages.</summary>
    public const string ChangedFile = "some/config.json";

    private static readonly string Folder = Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "checkpoint");

    /// <summary>The folder of configs, one folder a network.</summary>
    public static string Configs => Path.Combine(Folder, "configs");

    /// <summary>The path of a network's config.</summary>
    public static string ConfigPath(string network) => Path.Combine(Configs, network, "config.json");

    /// <summary>The text of a network's config with a change.</summary>
    public static byte[] ChangedConfig(string network, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(ConfigPath(network)))!;
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>The tensors of a network's file, by name and shape.</summary>
    public static TensorTable Tensors(string network) => new(Path.Combine(Folder, "keys", $"{network}.tsv"));
}
