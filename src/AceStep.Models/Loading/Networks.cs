using TorchSharp;

namespace AceStep.Models;

/// <summary>The model's networks, and how each comes out of a checkpoint.</summary>
internal static class Networks
{
    public static readonly NetworkLoader<TransformerConfig, AceStepTransformer> Transformer =
        new(config => new AceStepTransformer(config), source => source, AceStepTransformer.IsUnused);

    public static readonly NetworkLoader<Umt5Config, Umt5Encoder> TextEncoder =
        new(config => new Umt5Encoder(config), source => new Umt5Weights(source), Umt5Weights.IsUnused);

    public static readonly NetworkLoader<AutoencoderConfig, MusicAutoencoder> Autoencoder =
        new(config => new MusicAutoencoder(config), source => source, name => false);

    public static readonly NetworkLoader<VocoderConfig, MelVocoder> Vocoder =
        new(config => new MelVocoder(config), source => new VocoderWeights(source), VocoderWeights.IsFrontEnd);
}

/// <summary>How a network comes out of a checkpoint.</summary>
/// <param name="build">Builds the network on the META device: shapes without memory.</param>
/// <param name="view">Shows a file's tensors under the names and in the form that the network has them in.</param>
/// <param name="isUnused">Which tensors a file may have that the network has no use for.</param>
internal sealed class NetworkLoader<TConfig, TNetwork>(
    Func<TConfig, TNetwork> build, Func<ITensorSource, ITensorSource> view, Func<string, bool> isUnused)
    where TNetwork : torch.nn.Module
{
    /// <summary>Builds a network and reads its weights, each straight into its place.</summary>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or misshapen; names them all. Nothing has been read.</exception>
    public TNetwork Load(
        TConfig config,
        ITensorSource source,
        torch.ScalarType dtype,
        torch.Device device,
        ByteCount? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        TNetwork network = build(config);
        try
        {
            ModuleLoader.Load(network, view(source), dtype, device, isUnused, bytesRead, cancellationToken);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Compares a file's tensors with what the network needs, by names, shapes and types.</summary>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or misshapen; names them all.</exception>
    public void Require(TConfig config, ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Libtorch.Initialize();
        using TNetwork network = build(config);
        ModuleLoader.Require(network, view(source), isUnused);
    }
}

/// <summary>
/// Compares a checkpoint's tensors with what the models need, by names, shapes and types, without reading any weights or
/// taking memory for them.
/// </summary>
public static class ModelFit
{
    /// <summary>Checks the transformer's tensors.</summary>
    /// <exception cref="LibtorchException">libtorch is not there, does not fit or does not load; see <see cref="Libtorch"/>.</exception>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape; names them all.</exception>
    public static void RequireTransformer(TransformerConfig config, ITensorSource source) => Networks.Transformer.Require(config, source);

    /// <summary>Checks the text encoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireTextEncoder(Umt5Config config, ITensorSource source) => Networks.TextEncoder.Require(config, source);

    /// <summary>Checks the autoencoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireAutoencoder(AutoencoderConfig config, ITensorSource source) => Networks.Autoencoder.Require(config, source);

    /// <summary>Checks the vocoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireVocoder(VocoderConfig config, ITensorSource source) => Networks.Vocoder.Require(config, source);
}
