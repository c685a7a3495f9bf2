using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>An index of shards, beside two shards that are there.</summary>
internal sealed class ShardIndexTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("shards", "model.safetensors.index.json");

    public ShardIndexTarget()
    {
        foreach (string name in (string[])["a", "b"])
        {
            byte[] header = SafetensorsWriter.BuildHeader([($"{name}.weight", TorchSharp.torch.ScalarType.Byte, [2L])], metadata: null);
            File.WriteAllBytes(Scratch.File("shards", $"{name}.safetensors"), [.. header, 1, 2]);
        }
    }

    public override string Name => "shard-index";

    public override string Reads => "TensorFiles.Open: model.safetensors.index.json";

    public override IReadOnlyList<string> Words => ["\"weight_map\":{", "\"metadata\":{", "\"a.weight\":", "\"b.weight\":", "\"a.safetensors\"", "\"b.safetensors\"", "../", "\\u0000", "\\ud800"];

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        using TensorFiles files = TensorFiles.Open(_path);
        Require(files.Names.All(name => name is "a.weight" or "b.weight"), "only tensors that are there");
        Require(files.Files.All(file => Path.GetDirectoryName(file.Path) == Path.GetDirectoryName(_path)), "only files beside the index");
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException or FileNotFoundException;
}
