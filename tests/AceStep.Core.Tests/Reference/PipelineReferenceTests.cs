using System.Text.Json;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests.Reference;

/// <summary>Whole requests against the original's latents. The lyrics' token ids are the recorded ones.</summary>
[Category(ReferenceData.Category)]
public sealed class PipelineReferenceTests
{
    private MusicPipeline? _pipeline;

    private static JsonElement Cases()
    {
        string path = ReferenceData.PathOf("pipeline", "cases.json");
        return File.Exists(path) ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(path)) : default;
    }

    private static IEnumerable<string> Names() =>
        Cases() is { ValueKind: JsonValueKind.Object } cases ? cases.GetProperty("cases").EnumerateArray().Select(one => one.GetProperty("name").GetString()!) : [];

    [OneTimeSetUp]
    public async Task Load()
    {
        ReferenceData.RequireCases(Names(), "pipeline", "cases.json");
        _pipeline = await MusicPipeline.LoadAsync(ReferenceData.Require("checkpoint-tiny"), new MusicPipelineOptions { Device = "cpu" });
        Dictionary<string, int[]> ids = Cases().GetProperty("lyric_ids").EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => entry.Value.EnumerateArray().Select(id => id.GetInt32()).ToArray());
        _pipeline.KnownLyrics = lyrics => new LyricEncoding(ids[lyrics], []);
    }

    [OneTimeTearDown]
    public void Unload() => _pipeline?.Dispose();

    [TestCaseSource(nameof(Names))]
    public async Task Generate_RecordedRequest_GivesTheOriginalsLatents(string name)
    {
        JsonElement original = Cases().GetProperty("cases").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name).GetProperty("request");
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("pipeline", name + ".safetensors"));
        int sourceFrames = file.Names.Contains("source_latents") ? (int)file.Shape("source_latents")[3] : 0;

        MusicRequest request = OriginalRequest.Translate(original, sourceFrames);
        MusicResult result = await _pipeline!.GenerateAsync(request);

        using torch.Tensor expected = file.Read("latents");
        using torch.Tensor actual = result.ToTensor();
        TensorAssert.Close(actual, expected, await Stability.Tolerance(_pipeline, request, actual, expected), name);
    }

    [Test]
    public void Tokenizer_RecordedPrompts_GiveTheOriginalsIds()
    {
        Umt5Tokenizer tokenizer = Umt5Tokenizer.Load(ReferenceData.Require("checkpoint-tiny", "umt5-base", "tokenizer.json"));
        Assert.Multiple(() =>
        {
            foreach (JsonProperty prompt in Cases().GetProperty("prompt_ids").EnumerateObject())
            {
                Assert.That(tokenizer.Encode(prompt.Name), Is.EqualTo(prompt.Value.EnumerateArray().Select(id => id.GetInt32())), prompt.Name);
            }
        });
    }
}
