using System.CommandLine;
using AceStep.Audio;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;

namespace AceStep.Cli.Tasks;

/// <summary>The options of one task alone, and the request that they describe.</summary>
internal abstract class TaskOptions(string title, MusicTask task) : FieldOptions(title, MusicPipeline.Capabilities[task])
{
    /// <summary>The task.</summary>
    public TaskCapability Task { get; } = MusicPipeline.Capabilities[task];

    /// <summary>A few command lines that work.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>The request with the task's own fields; the shared ones are filled in by their groups.</summary>
    public abstract MusicRequest CreateRequest(ParseResult result);

    protected Option<string?> Source(string field) => Text("--source", field, "FILE");

    /// <summary>A source that is there and readable, known before the model is loaded.</summary>
    protected static MusicSource Open(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new UsageException("--source must name a file; it is empty.");
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
