using System.Text.Json;
using AceStep.Models;
using AceStep.Testing;
using TorchSharp;

namespace AceStep.Core.Tests.Reference;

/// <summary>LoRA folders in the published form against the original's latents under each.</summary>
[Category(ReferenceData.Category)]
public sealed class LoraReferenceTests
{
    private static IEnumerable<string> Names()
    {
        string path = ReferenceData.PathOf("lora", "results.safetensors");
        if (!File.Exists(path))
        {
            return [];
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. Cases(file).Select(one => one.GetProperty("name").GetString()!)];
    }

    private static JsonElement[] Cases(SafetensorsFile file) => JsonSerializer.Deserialize<JsonElement[]>(file.Metadata["cases"])!;

    [TestCaseSource(nameof(Names))]
    public async Task Generate_WithRecordedLora_GivesTheOriginalsLatents(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("lora", "results.safetensors"));
        JsonElement lora = Cases(file).Single(one => one.GetProperty("name").GetString() == name);
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(ReferenceData.Require("checkpoint-tiny"), new MusicPipelineOptions { Device = "cpu" });
        if (lora.GetProperty("lora").GetString() is { } folder)
        {
            pipeline.LoadLora(ReferenceData.Require(folder.Split('/')), lora.GetProperty("weight").GetDouble());
        }

        MusicResult result = await pipeline.GenerateAsync(OriginalRequest.Translate(JsonSerializer.Deserialize<JsonElement>(file.Metadata["request"]), 0));

        using torch.Tensor expected = file.Read(name);
        using torch.Tensor actual = result.ToTensor();
        TensorAssert.Close(actual, expected, TensorAssert.PipelineTolerance, name);
    }
}
