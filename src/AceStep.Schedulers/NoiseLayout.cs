namespace AceStep.Schedulers;

/// <summary>
/// The order in memory in which noise of shape [B, C, H, W] is drawn. libtorch fills contiguous and strided memory by
/// different algorithms, so the same generator gives other numbers.
/// </summary>
public enum NoiseLayout
{
    /// <summary>As the shape reads: W fastest. For latents that began as noise.</summary>
    Contiguous,

    /// <summary>C fastest. For latents that came out of the autoencoder, whose layout the original's noise takes over.</summary>
    ChannelsLast,
}
