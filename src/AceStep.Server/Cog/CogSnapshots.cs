using System.Text.Json.Nodes;
using AceStep.Server.Queue;
using AceStep.Server.Replicate;
using AceStep.Server.Storage;

namespace AceStep.Server.Cog;

/// <summary>A prediction as Cog's API shows it.</summary>
internal sealed class CogSnapshots(IBlobStore blobs)
{
    /// <summary>The answer of a synchronous prediction that has ended: without logs, unless it succeeded.</summary>
    public PredictionBody Final(PredictionRecord record) => Body(record, withLogs: record.Status == PredictionStatus.Succeeded, withInput: false);

    /// <summary>A state, for webhooks and events.</summary>
    public PredictionBody State(PredictionRecord record) => Body(record, withLogs: true, withInput: false);

    /// <summary>A state with the input, for a PUT of a running prediction.</summary>
    public PredictionBody Running(PredictionRecord record) => Body(record, withLogs: true, withInput: true);

    /// <summary>The song as a piece of the output, for events.</summary>
    public PredictionBody Chunk(PredictionRecord record) => new(
        record, blobs, isInline: record.Output is { UploadedTo: null },
        output => System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["chunk"] = output ?? record.Output?.UploadedTo, ["index"] = 0 }.ToJsonString()), "chunk");

    /// <summary>Cog's words for the states: as Replicate's.</summary>
    public static string StatusOf(PredictionRecord record) => PredictionViews.StatusOf(record.Status);

    private PredictionBody Body(PredictionRecord record, bool withLogs, bool withInput) => new(record, blobs, isInline: record.Output is { UploadedTo: null }, output =>
    {
        JsonObject snapshot = new() { ["id"] = record.Job.CogId, ["status"] = StatusOf(record), ["logs"] = withLogs ? record.Logs : "" };
        if ((output ?? record.Output?.UploadedTo) is { } song)
        {
            snapshot["output"] = song;
        }

        if (record.Error is { } error)
        {
            snapshot["error"] = error;
        }

        snapshot["metrics"] = Metrics(record);
        if (withInput)
        {
            snapshot["input"] = JsonNode.Parse(record.Job.Input);
        }

        return System.Text.Encoding.UTF8.GetBytes(snapshot.ToJsonString());
    });

    private static JsonObject Metrics(PredictionRecord record) =>
        record.Finished is { } finished ? new JsonObject { ["predict_time"] = (finished - record.Job.Created).TotalSeconds } : [];
}
