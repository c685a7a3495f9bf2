namespace AceStep;

/// <summary>
/// The demonstration checkpoint: a very small one (14 MB, trained on synthesised music), so that a program makes a song
/// before anything has been downloaded. It says nothing about the released model.
/// </summary>
/// <example>
/// <code>
/// await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(DemoCheckpoint.Folder);
/// </code>
/// </example>
public static class DemoCheckpoint
{
    /// <summary>The checkpoint's folder: <c>checkpoints/nano</c> beside the program, where the package puts it. Its README.md says which words it knows.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "checkpoints", "nano");
}
