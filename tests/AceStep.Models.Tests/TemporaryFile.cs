using System.Text;

namespace AceStep.Models.Tests;

/// <summary>A file in a folder of its own, both gone when it is disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    /// <summary>Names a file that does not exist yet.</summary>
    public TemporaryFile(string name = "file") =>
        Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("acestep-").FullName, name);

    /// <summary>Writes bytes.</summary>
    public TemporaryFile(ReadOnlySpan<byte> content)
        : this("file") =>
        File.WriteAllBytes(Path, content);

    /// <summary>Writes text in UTF-8.</summary>
    public static TemporaryFile WithText(string content) => new(Encoding.UTF8.GetBytes(content));

    public string Path { get; }

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
}
