using System.Collections.Concurrent;
using AceStep.Server.Queue;

namespace AceStep.Server.Cog;

/// <summary>
/// The predictions of Cog's clients that have not ended, by the ids that these gave. An id is free again when its prediction
/// has ended, as with Cog itself; the queue has ids of its own.
/// </summary>
internal sealed class CogPredictions(IPredictionQueue queue)
{
    private readonly ConcurrentDictionary<string, string> _ids = new();
    private readonly ConcurrentDictionary<string, Readers> _readers = new();
    private bool _isFilled;

    /// <summary>What the front end that has a prediction's client holds.</summary>
    public static string ConnectionOf(PredictionRecord record) => $"connection/{record.Job.Id}";

    /// <summary>Notes an accepted prediction.</summary>
    public void Add(PredictionRecord record) => _ids[record.Job.CogId!] = record.Job.Id;

    /// <summary>Somebody reads a prediction's events.</summary>
    /// <param name="id">The queue's id.</param>
    /// <param name="begins">Whether the prediction was created by this reader.</param>
    public void Join(string id, bool begins) => _readers.AddOrUpdate(id, _ => new Readers(1, begins), (_, known) => new Readers(known.Count + 1, known.AreNeeded || begins));

    /// <summary>Somebody reads no longer. True where that was the last one of a prediction that was created to be read.</summary>
    public bool Leave(string id)
    {
        Readers left = _readers.AddOrUpdate(id, _ => new Readers(0, false), (_, known) => known with { Count = known.Count - 1 });
        return left.Count == 0 && _readers.TryRemove(KeyValuePair.Create(id, left)) && left.AreNeeded;
    }

    /// <summary>The prediction of an id that has not ended; null where there is none.</summary>
    public async Task<PredictionRecord?> FindAsync(string cogId, CancellationToken cancellationToken)
    {
        if (!_isFilled)
        {
            foreach (PredictionRecord open in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Open, Limit = int.MaxValue }, cancellationToken))
            {
                if (open.Job.CogId is { } known)
                {
                    _ids[known] = open.Job.Id;
                }
            }

            // Where front ends share the queue, another may have accepted one since.
            _isFilled = !queue.IsShared;
        }

        if (!_ids.TryGetValue(cogId, out string? id) || await queue.GetAsync(id, cancellationToken) is not { } record)
        {
            return null;
        }

        if (record.IsTerminal)
        {
            _ids.TryRemove(new KeyValuePair<string, string>(cogId, id));
            return null;
        }

        return record;
    }

    /// <summary>Who reads the events of a prediction.</summary>
    private sealed record Readers(int Count, bool AreNeeded);
}
