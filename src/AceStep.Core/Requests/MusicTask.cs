namespace AceStep;

/// <summary>The tasks of <see cref="MusicPipeline"/>.</summary>
public enum MusicTask
{
    /// <summary>Music from a prompt and lyrics.</summary>
    [Request(typeof(TextToMusicRequest))]
    TextToMusic,

    /// <summary>Another take of a generated song (the original's retake).</summary>
    [Request(typeof(VariationRequest))]
    Variation,

    /// <summary>New music that starts from given audio.</summary>
    [Request(typeof(AudioToAudioRequest))]
    AudioToAudio,

    /// <summary>Music before or after given audio (the original's extend).</summary>
    [Request(typeof(ContinuationRequest))]
    Continuation,

    /// <summary>A span of given audio made anew (the original's repaint).</summary>
    [Request(typeof(InpaintingRequest))]
    Inpainting,

    /// <summary>Given audio towards another prompt or other lyrics (the original's edit).</summary>
    [Request(typeof(StyleTransferRequest))]
    StyleTransfer,

    /// <summary>Accompaniment for given vocals.</summary>
    [Request(typeof(AccompanimentRequest))]
    Accompaniment,
}
