namespace AceStep.Fuzz;

/// <summary>A folder for the inputs that are read as files; it goes with the process.</summary>
internal static class Scratch
{
    private static readonly Lazy<string> Root = new(() =>
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("acestep-fuzz-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => root.Delete(recursive: true);
        return root.FullName;
    });

    /// <summary>A folder of a name, made where it is missing.</summary>
    public static string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root.Value, name)).FullName;

    /// <summary>The path of a file in a folder of a name.</summary>
    public static string File(string folder, string name) => Path.Combine(Folder(folder), name);
}
