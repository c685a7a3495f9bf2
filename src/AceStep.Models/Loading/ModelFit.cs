namespace AceStep.Models;

/// <summary>
/// Compares a checkpoint's tensors with what the models need, by names, shapes and types, without reading any weights or
/// taking memory for them.
/// </summary>
public static class ModelFit
{
    /// <summary>Checks the transformer's tensors.</summary>
    /// <exception cref="LibtorchException">libtorch is not there, does not fit or does not load; see <see cref="Libtorch"/>.</exception>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape; names them all.</exception>
    public static void RequireTransformer(TransformerConfig config, ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Libtorch.Initialize();
        using AceStepTransformer model = new(config);
        ModuleLoader.Require(model, source, AceStepTransformer.IsUnused);
    }

    /// <summary>Checks the text encoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireTextEncoder(Umt5Config config, ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Libtorch.Initialize();
        using Umt5Encoder model = new(config);
        ModuleLoader.Require(model, new Umt5Weights(source), Umt5Weights.IsKnownUnused);
    }

    /// <summary>Checks the autoencoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireAutoencoder(AutoencoderConfig config, ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Libtorch.Initialize();
        using MusicAutoencoder model = new(config);
        ModuleLoader.Require(model, source);
    }

    /// <summary>Checks the vocoder's tensors.</summary>
    /// <inheritdoc cref="RequireTransformer" path="/exception" />
    public static void RequireVocoder(VocoderConfig config, ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Libtorch.Initialize();
        using MelVocoder model = new(config);
        ModuleLoader.Require(model, new VocoderWeights(source), VocoderWeights.IsFrontEnd);
    }
}
