using System.Text.Json.Serialization;
using AceStep.Server.Storage;

namespace AceStep.Server.Queue;

/// <summary>A prediction as it is now. Immutable.</summary>
public sealed record PredictionRecord
{
    /// <summary>What was accepted.</summary>
    public required PredictionJob Job { get; init; }

    /// <summary>Its place in the order of arrival; greater is later.</summary>
    public required long Ticket { get; init; }

    /// <summary>What it does.</summary>
    public PredictionStatus Status { get; init; }

    /// <summary>How often it was claimed: 0 while it has never run.</summary>
    public int Attempt { get; init; }

    /// <summary>The worker that has it; null while it waits.</summary>
    public string? Worker { get; init; }

    /// <summary>When the current attempt began.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>How far the current attempt has come; null before its first report.</summary>
    public PredictionProgress? Progress { get; init; }

    /// <summary>What it said so far; lines are only ever appended.</summary>
    public string Logs { get; init; } = "";

    /// <summary>The song, once it has succeeded.</summary>
    public PredictionOutput? Output { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Whether inputs, logs and song were removed, by age or for room.</summary>
    public bool IsDataRemoved { get; init; }

    /// <summary>Whether it has ended and its webhook has still to be told.</summary>
    public bool IsUndelivered { get; init; }

    /// <summary>Whether it was deleted: the last that is heard of it, with nothing in it but its id, and never stored.</summary>
    [JsonIgnore]
    public bool IsDeleted { get; init; }

    /// <summary>The number of this state where many processes share the queue, greater is later; 0 elsewhere.</summary>
    internal ulong Revision { get; init; }

    /// <summary>Whether it has ended in any way.</summary>
    [JsonIgnore]
    public bool IsTerminal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>What watchers hear when a prediction has been deleted.</summary>
    internal static PredictionRecord Deleted(string id, long ticket) => new()
    {
        Job = new PredictionJob { Id = id, Model = "", Input = "{}", Seed = 0, VariationSeed = 0, Created = default, BaseUrl = "" },
        Ticket = ticket,
        Status = PredictionStatus.Canceled,
        IsDeleted = true,
    };
}

/// <summary>The states of a prediction.</summary>
public enum PredictionStatus
{
    /// <summary>Accepted, waiting for the device.</summary>
    Queued,

    /// <summary>Being computed.</summary>
    Running,

    /// <summary>Done; there is a song.</summary>
    Succeeded,

    /// <summary>Ended without a song.</summary>
    Failed,

    /// <summary>Stopped by its client or its deadline.</summary>
    Canceled,
}

/// <summary>How far a running prediction has come. Immutable.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Completed">Units of the stage done.</param>
/// <param name="Total">Units of the stage.</param>
/// <param name="Remaining">Seconds to the end of the stage, estimated; null before its first unit.</param>
public sealed record PredictionProgress(MusicStage Stage, long Completed, long Total, double? Remaining);

/// <summary>The song of a prediction. Immutable.</summary>
/// <param name="Blob">Its name in the <see cref="IBlobStore"/>.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Seconds">How long it sounds.</param>
/// <param name="SampleRate">Samples per second.</param>
/// <param name="PredictSeconds">How long it took to compute.</param>
public sealed record PredictionOutput(string Blob, string ContentType, long Bytes, double Seconds, int SampleRate, double PredictSeconds)
{
    /// <summary>Where it was sent to, for a client of Cog's API; null where it is only here.</summary>
    public string? UploadedTo { get; init; }
}

/// <summary>How an attempt ended. Immutable.</summary>
/// <param name="Output">The song; null where there is none.</param>
/// <param name="Error">Why there is none; null where there is one.</param>
/// <param name="Logs">All that was said, earlier attempts included.</param>
public sealed record Outcome(PredictionOutput? Output, string? Error, string Logs);

/// <summary>How much waits. Immutable.</summary>
/// <param name="Queued">Predictions that wait.</param>
/// <param name="Running">Predictions that run.</param>
/// <param name="Ahead">Predictions that wait or run before the one asked about; null where that one does not wait.</param>
/// <param name="CostAhead">Their work, in the units of <see cref="PredictionJob.Cost"/>.</param>
public sealed record QueueStats(int Queued, int Running, int? Ahead, double CostAhead);

/// <summary>Which predictions a list has; newest first. Immutable.</summary>
public sealed record PredictionQuery
{
    /// <summary>Only those with a lesser ticket: the last one of the page before. Null begins at the newest.</summary>
    public long? Before { get; init; }

    /// <summary>At most so many.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Only those accepted at this time or later.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Only those accepted before this time.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Only those of this source: "api" or "web".</summary>
    public string? Source { get; init; }

    /// <summary>Which states.</summary>
    public PredictionFilter Filter { get; init; }
}

/// <summary>The states that a list has.</summary>
public enum PredictionFilter
{
    /// <summary>All.</summary>
    All,

    /// <summary>Queued or running, oldest first.</summary>
    Open,

    /// <summary>Ended, and the webhook has not been told, oldest first.</summary>
    Undelivered,

    /// <summary>Ended, and the data are still there, the one that ended first comes first.</summary>
    WithData,
}
