using AceStep.Loras;
using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>PEFT's adapter_config.json beside a LoRA's weights.</summary>
internal sealed class LoraConfigTarget : FuzzTarget
{
    private readonly string _config = Scratch.File("lora-config", "adapter_config.json");
    private readonly SafetensorsFile _weights;

    public LoraConfigTarget()
    {
        string path = Scratch.File("lora-config", "adapter_model.safetensors");
        File.WriteAllBytes(path, SafetensorsWriter.BuildHeader([], metadata: null));
        _weights = SafetensorsFile.Open(path);
    }

    public override string Name => "lora-config";

    public override string Reads => "LoraConfig.Find: adapter_config.json";

    public override IReadOnlyList<string> Words => ["\"lora_alpha\":", "\"use_rslora\":true", "\"alpha_pattern\":{", "\"rank_pattern\":{", "\"r\":", "\"to_q\":16", "\\ud800", "1e999"];

    // Each expression of alpha_pattern is an automaton of 350 kB; a kilobyte may hold a hundred.
    public override long Buffers => 64 << 20;

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(_config, input);
        LoraConfig config = LoraConfig.Find(_weights, isNeeded: true) ?? throw new BrokenRuleException("there is a config");
        Require(config.Scale("transformer_blocks.0.attn.to_q", 16) is > 0 and < double.PositiveInfinity, "a scale is positive and finite");
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;
}
