namespace AceStep;

/// <summary>Which model a host has, and how it computes. May be bound to a section of the configuration.</summary>
public sealed class MusicServiceOptions
{
    /// <summary>The checkpoint, as <see cref="MusicPipeline.LoadAsync"/> takes it.</summary>
    public string Checkpoint { get; set; } = "";

    /// <summary>Device, precision, threads, memory.</summary>
    public MusicPipelineOptions Pipeline { get; set; } = new();

    /// <summary>
    /// Whether the model is read while the host starts, so that a wrong checkpoint stops the start and no request waits for
    /// it. Default true; otherwise it is read for the first request.
    /// </summary>
    public bool LoadAtStart { get; set; } = true;
}
