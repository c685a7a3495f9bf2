namespace AceStep.Models;

/// <summary>How latents become a waveform.</summary>
public enum DecodeMode
{
    /// <summary>Whole up to 48 seconds, in windows above.</summary>
    Auto,

    /// <summary>All at once: the fewest operations, memory in proportion to the length.</summary>
    Whole,

    /// <summary>
    /// In windows, which bound the memory whatever the length. The result is that of <see cref="Whole"/> up to rounding; the work
    /// is about a tenth more.
    /// </summary>
    Windowed,
}
