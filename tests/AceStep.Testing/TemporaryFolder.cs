namespace AceStep.Testing;

/// <summary>A folder of a test's own outside the repository, gone with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder itself.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("acestep-test-").FullName;

    /// <summary>The names of the files in it, in order.</summary>
    public string[] Files => [.. Directory.EnumerateFiles(Path).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>The path of something in it, whether that exists or not.</summary>
    public string File(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    /// <summary>Makes a folder in it, and gives its path.</summary>
    public string Folder(params string[] names) => Directory.CreateDirectory(File(names)).FullName;

    /// <summary>Writes a text file in it, the folders to it included, and gives its path.</summary>
    public string Write(string name, string text)
    {
        string path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
