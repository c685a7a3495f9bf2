using System.Text.Json;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests.Reference;

/// <summary>ComfyUI's single file against what the original computes with its rounded weights.</summary>
[Category(ReferenceData.Category)]
public sealed class ComfyUiReferenceTests
{
    [Test]
    public async Task Generate_FromTheSingleFile_GivesTheOriginalsLatents()
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("comfyui", "text2music.safetensors"));
        string tiny = ReferenceData.Require("checkpoint-tiny");
        MusicPipelineOptions options = new()
        {
            Device = "cpu",
            ConfigFolder = tiny,
            LyricVocabulary = Path.Combine(tiny, "lyric_tokenizer", "vocab.json"),
        };
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(ReferenceData.Require("comfyui", "all_in_one.safetensors"), options);

        MusicResult result = await pipeline.GenerateAsync(OriginalRequest.Translate(JsonSerializer.Deserialize<JsonElement>(file.Metadata["request"]), 0));

        using torch.Tensor expected = file.Read("latents");
        using torch.Tensor actual = result.ToTensor();
        TensorAssert.Close(actual, expected, TensorAssert.PipelineTolerance, "comfyui/text2music");
    }
}
