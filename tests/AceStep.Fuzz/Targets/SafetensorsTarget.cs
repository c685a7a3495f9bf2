using AceStep.Models;
using TorchSharp;

namespace AceStep.Fuzz.Targets;

/// <summary>A safetensors file: opened, every tensor read, written again, and the same again.</summary>
internal sealed class SafetensorsTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("safetensors", "model.safetensors");
    private readonly string _copy = Scratch.File("safetensors", "copy.safetensors");

    public override string Name => "safetensors";

    public override string Reads => "SafetensorsFile.Open, Read, SafetensorsWriter.Write: headers, what other files are";

    public override IReadOnlyList<string> Words =>
    [
        "\"__metadata__\":{", "\"dtype\":\"", "\"shape\":[", "\"data_offsets\":[", "BF16", "F16", "F32", "F64", "F8_E4M3", "F8_E5M2", "I8", "I16", "I32", "I64", "U8", "BOOL", "F4", "\\ud800",
        "version https://git-lfs.", "\nsize ", "GGUF", "<!doctype html", "ustar", "PK\u0003\u0004",
    ];

    // The file that a header alone is made, and the objects of its tensors.
    public override long Buffers => 512 << 10;

    public override void Read(byte[] input)
    {
        Libtorch.Initialize();
        byte[] bytes = SafetensorsInput.Of(input);
        File.WriteAllBytes(_path, bytes);
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        long end = 8 + BitConverter.ToInt64(bytes);
        foreach (SafetensorsEntry entry in file.Entries.Values)
        {
            Require(entry.Offset == end, "tensors follow one another");
            end += entry.ByteCount;
        }

        Require(end == bytes.Length, "the tensors are the file's data");
        using DisposeScope scope = torch.NewDisposeScope();
        Dictionary<string, torch.Tensor> tensors = file.Names.ToDictionary(name => name, file.Read);
        SafetensorsWriter.Write(_copy, [.. tensors], file.Metadata);
        using SafetensorsFile copy = SafetensorsFile.Open(_copy);
        Require(copy.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).SequenceEqual(file.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)), "metadata come back");
        Require(copy.Names.Count == tensors.Count, "every tensor comes back");
        foreach ((string name, torch.Tensor tensor) in tensors)
        {
            Require(copy.Type(name) == file.Type(name) && copy.Shape(name).SequenceEqual(file.Shape(name)), "types and shapes come back");
            using torch.Tensor again = copy.Read(name);
            Require(tensor.numel() == 0 || again.bytes.SequenceEqual(tensor.bytes), "values come back");
        }
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;
}
