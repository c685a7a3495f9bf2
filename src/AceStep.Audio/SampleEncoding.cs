using System.Diagnostics.CodeAnalysis;

namespace AceStep.Audio;

/// <summary>How an uncompressed or lossless file stores a sample.</summary>
public enum SampleEncoding
{
    /// <summary>8-bit integers.</summary>
    Pcm8,

    /// <summary>16-bit integers.</summary>
    Pcm16,

    /// <summary>24-bit integers.</summary>
    Pcm24,

    /// <summary>32-bit integers.</summary>
    Pcm32,

    /// <summary>32-bit floating point: the samples as they are, beyond -1 and 1 too.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The encoding is known by this name.")]
    Float32,

    /// <summary>64-bit floating point.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "The encoding is known by this name.")]
    Float64,
}
