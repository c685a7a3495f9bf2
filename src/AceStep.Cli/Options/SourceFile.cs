using AceStep.Audio;

namespace AceStep.Cli.Options;

/// <summary>Audio given on the command line: a file, a pipe, or standard input.</summary>
internal static class SourceFile
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Loads audio with its file's tags and properties.</summary>
    public static LoadedAudio Load(string path)
    {
        if (path != StandardInput)
        {
            return AudioFile.LoadWithInfo(path);
        }

        using Stream input = OpenInput();
        return AudioFile.LoadWithInfo(input);
    }

    /// <summary>Opens a source. Checks that it can be read before the model is loaded.</summary>
    /// <param name="option">The option with the path, for messages.</param>
    /// <param name="path">The file; - for standard input.</param>
    public static MusicSource Open(string option, string path)
    {
        if (path.Length == 0)
        {
            throw new UsageException($"{option} must name a file; it is empty.");
        }

        if (path == StandardInput)
        {
            using Stream input = OpenInput();
            return MusicSource.FromStream(input);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no source at {path}.", path);
        }

        using FileStream file = File.OpenRead(path);
        if (!file.CanSeek)
        {
            // A pipe can be read only once.
            return MusicSource.FromStream(file);
        }

        if (MusicLatents.IsSaved(path))
        {
            return MusicLatents.Load(path);
        }

        _ = AudioFile.Probe(path);
        return path;
    }

    /// <summary>
    /// Opens standard input. If it was closed when the program was started, .NET uses its descriptor for an internal pipe,
    /// which never ends.
    /// </summary>
    /// <exception cref="IOException">It is closed.</exception>
    private static Stream OpenInput()
    {
        const string Descriptors = "/proc/self/fd";
        if (OperatingSystem.IsLinux() && LinkOf(Path.Combine(Descriptors, "0")) is { } input && input.StartsWith("pipe:", StringComparison.Ordinal)
            && Directory.EnumerateFiles(Descriptors).Any(file => LinkOf(file) == input && IsForWriting(Path.GetFileName(file))))
        {
            throw new IOException("Standard input is closed.");
        }

        return Console.OpenStandardInput();
    }

    /// <summary>Whether one of this process' descriptors can only be written to: its flags' last octal digit, as open(2) has it.</summary>
    private static bool IsForWriting(string descriptor)
    {
        try
        {
            return File.ReadLines($"/proc/self/fdinfo/{descriptor}").Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && line.EndsWith('1'));
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return false;
        }
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            // The descriptor was closed in the meantime.
            return null;
        }
    }
}
