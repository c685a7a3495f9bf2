namespace AceStep.Lyrics.Segmentation;

/// <summary>The original raises while it segments; the line is then taken as English.</summary>
internal sealed class SegmentationException(string message) : Exception(message);
