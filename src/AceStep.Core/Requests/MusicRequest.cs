namespace AceStep;

/// <summary>What every task reads. One record per task derives from it; all are immutable.</summary>
public abstract record MusicRequest
{
    private protected MusicRequest()
    {
    }

    /// <summary>Tags or a description, comma-separated as a rule: "funk, 110 bpm, warm bass". May be empty. The first 256 tokens count.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Lyrics, one line a line, with structure tags such as [verse] and [chorus] on lines of their own. Empty (the default): no lyrics.</summary>
    public string Lyrics { get; init; } = "";

    /// <summary>The seed, or one for each song of the batch. Default: drawn at random and reported in the result.</summary>
    public Seeds Seed { get; init; } = Seeds.Random;

    /// <summary>Steps, scheduler, batch and sample rate.</summary>
    public GenerationSettings Generation { get; init; } = new();

    /// <summary>The task of this request.</summary>
    internal abstract MusicTask Task { get; }
}

/// <summary>A request whose task reads the whole of <see cref="GuidanceSettings"/>.</summary>
public abstract record GuidedMusicRequest : MusicRequest
{
    private protected GuidedMusicRequest()
    {
    }

    /// <summary>Kind, scales and interval of the guidance, and the ERG switches.</summary>
    public GuidanceSettings Guidance { get; init; } = new();
}

/// <summary>The tasks of <see cref="MusicPipeline"/>.</summary>
public enum MusicTask
{
    /// <summary>Music from a prompt and lyrics.</summary>
    TextToMusic,

    /// <summary>Another take of a generated song (the original's retake).</summary>
    Variation,

    /// <summary>New music that starts from given audio.</summary>
    AudioToAudio,

    /// <summary>Music before or after given audio (the original's extend).</summary>
    Continuation,

    /// <summary>A span of given audio made anew (the original's repaint).</summary>
    Inpainting,

    /// <summary>Given audio towards another prompt or other lyrics (the original's edit).</summary>
    StyleTransfer,

    /// <summary>Accompaniment for given vocals.</summary>
    Accompaniment,
}
