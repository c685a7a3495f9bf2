using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The references' checkpoint and tensors, the nano checkpoint, and the released tables, for the tests of the codec.</summary>
internal static class CodecFixture
{
    private const string AutoencoderFolder = "music_dcae_f8c8";
    private const string VocoderFolder = "music_vocoder";

    public static string Tiny => ReferenceData.Require("checkpoint-tiny");

    public static string Nano => Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano");

    public static AutoencoderConfig AutoencoderConfigOf(string checkpoint) => AutoencoderConfig.Load(Path.Combine(checkpoint, AutoencoderFolder, "config.json"));

    public static VocoderConfig VocoderConfigOf(string checkpoint) => VocoderConfig.Load(Path.Combine(checkpoint, VocoderFolder, "config.json"));

    public static SafetensorsFile OpenAutoencoder(string checkpoint) => OpenWeights(checkpoint, AutoencoderFolder);

    public static SafetensorsFile OpenVocoder(string checkpoint) => OpenWeights(checkpoint, VocoderFolder);

    public static MusicCodec LoadCodec(
        string checkpoint, ScalarType dtype = ScalarType.Float32, IProgress<long>? bytesRead = null, CancellationToken cancellationToken = default)
    {
        using SafetensorsFile autoencoder = OpenAutoencoder(checkpoint);
        using SafetensorsFile vocoder = OpenVocoder(checkpoint);
        return MusicCodec.Load(
            AutoencoderConfigOf(checkpoint), autoencoder, VocoderConfigOf(checkpoint), vocoder, dtype, CPU, bytesRead, cancellationToken);
    }

    public static MusicAutoencoder LoadAutoencoder(string checkpoint, ScalarType dtype = ScalarType.Float32)
    {
        using SafetensorsFile weights = OpenAutoencoder(checkpoint);
        return Networks.Autoencoder.Load(AutoencoderConfigOf(checkpoint), weights, dtype, CPU);
    }

    public static MelVocoder LoadVocoder(string checkpoint, ScalarType dtype = ScalarType.Float32)
    {
        using SafetensorsFile weights = OpenVocoder(checkpoint);
        return Networks.Vocoder.Load(VocoderConfigOf(checkpoint), weights, dtype, CPU);
    }

    public static SafetensorsFile OpenReference(string name) => SafetensorsFile.Open(ReferenceData.Require("models", $"{name}.safetensors"));

    /// <summary>The part of a model that has this name in the checkpoint.</summary>
    public static T Part<T>(nn.Module model, string name)
        where T : nn.Module => (T)model.named_modules().First(part => part.name == name).module;

    /// <summary>Compares with a recorded tensor, which may hold every nth column (last axis) only.</summary>
    public static void AssertMatches(Tensor actual, SafetensorsFile reference, string name, double tolerance)
    {
        using var scope = NewDisposeScope();
        long columns = reference.Entries[name].Shape[^1];
        long stride = (actual.size(-1) + columns - 1) / columns;
        Tensor recorded = actual.slice(actual.dim() - 1, 0, actual.size(-1), stride);
        TensorAssert.Close(recorded, reference.Read(name), tolerance, name);
    }

    public static WorkSteps NoSteps => new(progress: null, CancellationToken.None);

    /// <summary>Latents of a plausible size and spread, the same for the same seed.</summary>
    public static Tensor RandomLatents(MusicCodec codec, long frames, ulong seed = 3, long items = 1)
    {
        using Generator generator = new(seed);
        return randn([items, codec.LatentChannels, codec.LatentHeight, frames], generator: generator);
    }

    private static SafetensorsFile OpenWeights(string checkpoint, string model) =>
        SafetensorsFile.Open(Path.Combine(checkpoint, model, "diffusion_pytorch_model.safetensors"));
}
