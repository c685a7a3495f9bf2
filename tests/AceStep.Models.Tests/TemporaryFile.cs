using System.Text;

namespace AceStep.Models.Tests;

/// <summary>A file in a folder of its own, both gone when it is disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Names a file that does not exist yet.</summary>
    public TemporaryFile(string name = "file") => Path = _folder.File(name);

    /// <summary>Writes bytes.</summary>
    public TemporaryFile(ReadOnlySpan<byte> content)
        : this("file") =>
        File.WriteAllBytes(Path, content);

    /// <summary>Writes text in UTF-8.</summary>
    public static TemporaryFile WithText(string content) => new(Encoding.UTF8.GetBytes(content));

    public string Path { get; }

    public void Dispose() => _folder.Dispose();
}
