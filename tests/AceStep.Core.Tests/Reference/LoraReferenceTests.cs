using System.Text.Json;
using AceStep.Models;
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

    [Test]
    public void Names_OfTheReferences_AreFound() => ReferenceData.RequireCases(Names(), "lora", "results.safetensors");

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

        MusicRequest request = OriginalRequest.Translate(JsonSerializer.Deserialize<JsonElement>(file.Metadata["request"]), 0);
        MusicResult result = await pipeline.GenerateAsync(request);

        using torch.Tensor expected = file.Read(name);
        using torch.Tensor actual = result.ToTensor();
        TensorAssert.Close(actual, expected, await Stability.Tolerance(pipeline, request, actual, expected), name);
    }

    [TestCaseSource(nameof(Names))]
    public async Task LoadLora_Recorded_AddsWhatTheOriginalAdds(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("lora", "results.safetensors"));
        JsonElement lora = Cases(file).Single(one => one.GetProperty("name").GetString() == name);
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(ReferenceData.Require("checkpoint-tiny"), new MusicPipelineOptions { Device = "cpu" });
        Dictionary<string, torch.Tensor> before = pipeline.CopyTransformerWeights();
        if (lora.GetProperty("lora").GetString() is { } folder)
        {
            pipeline.LoadLora(ReferenceData.Require(folder.Split('/')), lora.GetProperty("weight").GetDouble());
        }

        Dictionary<string, torch.Tensor> after = pipeline.CopyTransformerWeights();

        Assert.Multiple(() =>
        {
            string[] deltas = [.. file.Names.Where(tensor => tensor.StartsWith(name + "_delta_", StringComparison.Ordinal))];
            Assert.That(deltas.Length > 0, Is.EqualTo(pipeline.Loras.Count > 0), "recorded deltas");
            foreach (string delta in deltas)
            {
                using var scope = torch.NewDisposeScope();
                string weight = delta[(name.Length + "_delta_".Length)..] + ".weight";
                TensorAssert.Close(after[weight] - before[weight], file.Read(delta), TensorAssert.ModuleTolerance, delta);
            }
        });
        foreach (torch.Tensor weight in before.Values.Concat(after.Values))
        {
            weight.Dispose();
        }
    }
}
