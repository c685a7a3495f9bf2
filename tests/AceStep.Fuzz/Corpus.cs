namespace AceStep.Fuzz;

/// <summary>The inputs that lie in the repository: what each target is fed first, and what once went wrong.</summary>
internal static class Corpus
{
    /// <summary>The folder beside the program.</summary>
    public static string Folder(FuzzTarget target) => Path.Combine(AppContext.BaseDirectory, "Corpus", target.Name);

    /// <summary>A target's inputs, in the order of their names.</summary>
    public static IReadOnlyList<(string Name, byte[] Input)> Of(FuzzTarget target) =>
        [.. Directory.EnumerateFiles(Folder(target)).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))];
}
