namespace AceStep.Models;

/// <summary>Writes files whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file beside its place under another name and then moves it there; a failure leaves what was there before.</summary>
    /// <param name="path">The file to write; one that exists is replaced.</param>
    /// <param name="write">Writes the contents.</param>
    /// <param name="mode">The rights of the file on Unix; null for what the user's mask leaves.</param>
    public static void Write(string path, Action<FileStream> write, UnixFileMode? mode = null)
    {
        string target = Path.GetFullPath(path);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        try
        {
            using (FileStream stream = new(temporary, options))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
