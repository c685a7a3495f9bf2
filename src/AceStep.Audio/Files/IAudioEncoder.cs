namespace AceStep.Audio.Files;

/// <summary>Turns interleaved samples into the bytes of one format. Our own WAV writer is one, libsndfile the other.</summary>
internal interface IAudioEncoder : IDisposable
{
    /// <summary>Encodes whole frames.</summary>
    void Write(ReadOnlySpan<float> interleaved);

    /// <summary>Writes what comes at the end. The stream underneath stays open.</summary>
    void Complete();
}
