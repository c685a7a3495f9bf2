using AceStep.Loras;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Fuzz.Targets;

/// <summary>A LoRA file for a model of four small layers, up to the change of each weight.</summary>
internal sealed class LoraTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("lora", "pytorch_lora_weights.safetensors");

    private static readonly Dictionary<string, long[]> Shapes = new()
    {
        ["transformer_blocks.0.attn.to_q"] = [4, 6], ["transformer_blocks.0.attn.to_out.0"] = [6, 4], ["transformer_blocks.0.ff.point_conv"] = [4, 6, 1], ["proj_in.early_conv_layers.0"] = [2, 3, 2, 1],
    };

    private static readonly string[] Unused = ["projectors.0.0", "lyric_proj"];

    public override string Name => "lora";

    public override string Reads => "LoraFile.Open and Delta: names, alphas, metadata, shapes";

    public override IReadOnlyList<string> Words =>
    [
        .. Shapes.Keys, .. Unused, ".lora_A.weight", ".lora_B.weight", ".lora_A.default.weight", ".lora_down.weight", ".lora_up.weight", ".alpha", ".dora_scale", ".diff", "lora_unet_",
        "lora_unet_transformer_blocks_0_attn_to_q", "base_model.model.", "diffusion_model.", "\"lora_adapter_metadata\":\"{\\\"lora_alpha\\\":8}\"", "\"__metadata__\":{", "\"dtype\":\"F32\"", "\"shape\":[",
        "\"data_offsets\":[", "[]",
    ];

    // Each expression of alpha_pattern is an automaton of 350 kB, and the file is read twice.
    public override long Buffers => 64 << 20;

    public override void Read(byte[] input)
    {
        Libtorch.Initialize();
        byte[] bytes = SafetensorsInput.Of(input);
        File.WriteAllBytes(_path, bytes);
        foreach (bool useStoredAlpha in (bool[])[false, true])
        {
            using LoraFile lora = LoraFile.Open(_path, useStoredAlpha, Shapes, Unused);
            foreach ((string module, LoraFactors factors) in lora.Modules)
            {
                Require(factors.Rank > 0 && double.IsFinite(factors.Scale), "ranks and scales are usable");
                using torch.Tensor delta = lora.Delta(module, Shapes[module], torch.CPU);
                Require(delta.shape.SequenceEqual(Shapes[module]), "a change has its weight's shape");
            }
        }
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException or CheckpointMismatchException;
}
