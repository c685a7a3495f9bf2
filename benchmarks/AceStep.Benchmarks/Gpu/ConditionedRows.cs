using AceStep.Generation;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>A request's prompt and lyrics as the transformer reads them, by way of the networks of a pipeline that keeps them.</summary>
internal static class ConditionedRows
{
    public static EncoderRows Create(MusicPipeline pipeline, TextToMusicRequest request, Device device)
    {
        TextEncoder encoder = pipeline.Parts.TextEncoder.Resident!;
        (Tensor states, Tensor mask) = encoder.Encode([request.Prompt]);
        TextCondition text = new(states, encoder.Encode([request.Prompt], weakenQueries: true).HiddenStates, mask);
        LyricCondition lyrics = LyricCondition.Create(pipeline.Parts.LyricTokenizer.Encode(request.Lyrics).Ids, device);
        return EncoderRows.WithGuidance(pipeline.Parts.Transformer.Resident!, text, lyrics, request.Guidance);
    }
}
