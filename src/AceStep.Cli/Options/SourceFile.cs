using AceStep.Audio;
using AceStep.Cli.Libraries;

namespace AceStep.Cli.Options;

/// <summary>Sound as the command line names it: a file, a pipe, or standard input.</summary>
internal static class SourceFile
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>A sound with what its file says of it.</summary>
    public static LoadedAudio Load(string path)
    {
        if (path != StandardInput)
        {
            return AudioFile.LoadWithInfo(path);
        }

        using Stream input = Console.OpenStandardInput();
        return AudioFile.LoadWithInfo(input);
    }

    /// <summary>A source that is there and readable, known before the model is loaded.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file; - for standard input.</param>
    public static MusicSource Open(string option, string path)
    {
        if (path.Length == 0)
        {
            throw new UsageException($"{option} must name a file; it is empty.");
        }

        if (path == StandardInput)
        {
            using Stream input = Console.OpenStandardInput();
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
            // Checked now where that can be done, else when the task runs.
            return LibtorchSupply.IsAtHand ? MusicLatents.Load(path) : path;
        }

        _ = AudioFile.Probe(path);
        return path;
    }
}
