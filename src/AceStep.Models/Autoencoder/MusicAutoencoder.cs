using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The latent codec (AutoencoderDC): encoder and decoder under their checkpoint's names.</summary>
internal sealed class MusicAutoencoder : nn.Module
{
    [ComponentName(Name = "encoder")]
    private readonly AutoencoderEncoder _encoder;

    [ComponentName(Name = "decoder")]
    private readonly AutoencoderDecoder _decoder;

    /// <summary>Builds both on the META device.</summary>
    public MusicAutoencoder(AutoencoderConfig config)
        : base(nameof(MusicAutoencoder))
    {
        _encoder = new AutoencoderEncoder(config);
        _decoder = new AutoencoderDecoder(config);
        RegisterComponents();
    }

    /// <summary>Normalised mel spectra to latents.</summary>
    public AutoencoderEncoder Encoder => _encoder;

    /// <summary>Latents to normalised mel spectra.</summary>
    public AutoencoderDecoder Decoder => _decoder;
}
