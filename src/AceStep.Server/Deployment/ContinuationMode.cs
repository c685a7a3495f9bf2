namespace AceStep.Server.Deployment;

/// <summary>Where the deployment's continuation adds music.</summary>
public enum ContinuationMode
{
    /// <summary>Before the source.</summary>
    ExtendStart,

    /// <summary>After the source.</summary>
    ExtendEnd,

    /// <summary>On both sides, half on each.</summary>
    ExtendBoth,

    /// <summary>None: a span of the source is made anew, as the task inpainting does.</summary>
    InpaintMiddle,
}
