using AceStep.Models;
using TorchSharp;

namespace AceStep.Server.Tests;

/// <summary>LoRAs that fit the demonstration checkpoint, as the hub has them.</summary>
internal static class DemoLora
{
    /// <summary>The one that the deployment's guide names.</summary>
    public const string Name = "ACE-Step/ACE-Step-v1-chinese-rap-LoRA";

    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const string Module = "transformer_blocks.0.attn.to_q";
    private const int Width = 96;

    /// <summary>A repository with a LoRA of a strength; another strength has other bytes.</summary>
    public static FakeRepository Repository(double strength) => new(Commit, new Dictionary<string, byte[]> { ["README.md"] = "A LoRA."u8.ToArray(), ["pytorch_lora_weights.safetensors"] = Weights(strength) });

    /// <summary>The bytes of a LoRA's file.</summary>
    public static byte[] Weights(double strength)
    {
        string file = Path.GetTempFileName();
        try
        {
            using torch.Tensor down = torch.tensor(Enumerable.Repeat((float)strength, 2 * Width).ToArray(), [2, Width]);
            using torch.Tensor up = torch.ones(Width, 2);
            SafetensorsWriter.Write(file, [new(Module + ".lora_A.weight", down), new(Module + ".lora_B.weight", up)]);
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
