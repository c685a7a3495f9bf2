using System.Text.Json;
using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>Saved latents, read, saved and read again, as a file and as JSON.</summary>
internal sealed class LatentsTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("latents", "song.latents");
    private readonly string _copy = Scratch.File("latents", "copy.latents");

    public override string Name => "latents";

    public override string Reads => "MusicLatents.Load, IsSaved, Save, and their JSON";

    public override IReadOnlyList<string> Words => ["\"latents\":{", "\"dtype\":\"", "BF16", "F16", "F32", "F64", "I8", "BOOL", "F8_E4M3", "\"shape\":[1,8,16,", "\"data_offsets\":[0,", "\"__metadata__\":{", "\"format\":", "\\ud800"];

    // The file that a header alone is made, and the objects of its tensors.
    public override long Buffers => 512 << 10;

    public override void Read(byte[] input)
    {
        byte[] bytes = SafetensorsInput.Of(input);
        File.WriteAllBytes(_path, bytes);
        bool isSaved = MusicLatents.IsSaved(_path);
        MusicLatents latents = MusicLatents.Load(_path);
        Require(isSaved, "what is read is told apart from sound");
        latents.Save(_copy);
        RequireSame(latents, MusicLatents.Load(_copy));
        RequireSame(latents, JsonSerializer.Deserialize<MusicLatents>(JsonSerializer.Serialize(latents, MusicJson.Options), MusicJson.Options)!);
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;

    private static void RequireSame(MusicLatents first, MusicLatents second)
    {
        Require(first.Values.SequenceEqual(second.Values), "the values come back");
        Require(first.Settings.Count == second.Settings.Count && first.Settings.All(pair => second.Settings.TryGetValue(pair.Key, out string? value) && value == pair.Value), "the settings come back");
    }
}
