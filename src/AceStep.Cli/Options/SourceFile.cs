using AceStep.Audio;
using AceStep.Cli.Libraries;

namespace AceStep.Cli.Options;

/// <summary>A source as the command line names it.</summary>
internal static class SourceFile
{
    /// <summary>A source that is there and readable, known before the model is loaded.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    public static MusicSource Open(string option, string path)
    {
        if (path.Length == 0)
        {
            throw new UsageException($"{option} must name a file; it is empty.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no source at {path}.", path);
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
