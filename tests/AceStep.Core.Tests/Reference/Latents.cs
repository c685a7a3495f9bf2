using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests.Reference;

internal static class Latents
{
    /// <summary>The latents of all songs: [B, 8, 16, F].</summary>
    public static Tensor ToTensor(this MusicResult result)
    {
        using var scope = NewDisposeScope();
        return cat([.. result.Songs.Select(song => song.Latents.ToTensor(CPU, float32))], 0).MoveToOuterDisposeScope();
    }

    /// <summary>Every n-th sample of a song: [2, samples / n].</summary>
    public static Tensor EveryNth(this Song song, int step)
    {
        using var scope = NewDisposeScope();
        Tensor samples = tensor(song.Audio.ToPlanar(), [song.Audio.Channels, song.Audio.Length], float32);
        return samples[TensorIndex.Colon, TensorIndex.Slice(0, null, step)].contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Copies of all of the transformer's weights, by name.</summary>
    public static Dictionary<string, Tensor> CopyTransformerWeights(this MusicPipeline pipeline)
    {
        using var noGrad = no_grad();
        return pipeline.Parts.Transformer.Resident!.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.detach().clone());
    }
}
