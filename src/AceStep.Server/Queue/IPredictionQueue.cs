using System.Diagnostics.CodeAnalysis;
using AceStep.Server.Storage;

namespace AceStep.Server.Queue;

/// <summary>
/// The predictions of a server: accepted, handed to workers one at a time in the order of arrival, watched, cancelled,
/// finished once. What was accepted is durable before the call returns. All members may be called from any number of threads.
/// </summary>
/// <remarks>
/// A worker holds a job by a lease, and may finish it only while it does: a worker that slept past its lease is fenced out by
/// the attempt's number, and clients see one result. Three deaths of a job's worker make the job fail, with that as the reason.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue.")]
public interface IPredictionQueue : IAsyncDisposable
{
    /// <summary>Whether other processes use it too.</summary>
    bool IsShared { get; }

    /// <summary>Accepts a job. One whose id is there already is left as it is, and returned.</summary>
    /// <exception cref="QueueFullException">As many jobs wait as may.</exception>
    /// <exception cref="StorageFullException">There is no room on the disk.</exception>
    /// <exception cref="QueueUnavailableException">The queue's server does not answer.</exception>
    Task<PredictionRecord> EnqueueAsync(PredictionJob job, CancellationToken cancellationToken = default);

    /// <summary>The record of an id; null where there is none.</summary>
    Task<PredictionRecord?> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A page of a list.</summary>
    Task<IReadOnlyList<PredictionRecord>> ListAsync(PredictionQuery query, CancellationToken cancellationToken = default);

    /// <summary>The record as it is, then after each change; several changes at once may come as one. Ends after the terminal state, or at once where there is no such id.</summary>
    IAsyncEnumerable<PredictionRecord> WatchAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Every prediction's changes from now on; several changes of one prediction may come as one.</summary>
    IAsyncEnumerable<PredictionRecord> WatchAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Cancels a prediction, which is terminal at once; one that has ended is left as it is. Null where there is none.</summary>
    Task<PredictionRecord?> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>How much waits and runs, and how much of it comes before a prediction.</summary>
    Task<QueueStats> StatsAsync(string? positionOf = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes the oldest job that waits, or whose worker's lease has run out; or one that another worker passes on, since this
    /// one has its LoRA in memory. Null where none came in time: ask again.
    /// </summary>
    /// <param name="worker">Who asks, with what it has in memory now.</param>
    /// <param name="wait">How long to wait for a job; zero takes what is there.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    Task<PredictionLease?> ClaimAsync(WorkerDescription worker, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>The workers heard of lately, in any order.</summary>
    Task<IReadOnlyList<WorkerState>> WorkersAsync(CancellationToken cancellationToken = default);

    /// <summary>Tells watchers how far a job has come. May be lost, and is stored at most once a second.</summary>
    Task ReportAsync(PredictionLease lease, PredictionProgress progress, string logs, CancellationToken cancellationToken = default);

    /// <summary>Ends a job. False where the lease was lost: nothing has changed then.</summary>
    Task<bool> FinishAsync(PredictionLease lease, Outcome outcome, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes something that one process at a time does: telling a webhook, keeping a client's connection, cleaning up. It is
    /// kept until it is disposed of, or a short while after the process has died.
    /// </summary>
    /// <returns>Null where it is taken already, by whomever.</returns>
    Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Notes that a terminal state's webhook has been delivered, or given up.</summary>
    Task MarkDeliveredAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Removes input, logs and song of a prediction that has ended; the record stays.</summary>
    /// <returns>The name of the song's blob, which the caller deletes; null where there was none.</returns>
    Task<string?> RemoveDataAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a prediction with all that is known of it; one that has not ended is cancelled first. Who watches hears of it
    /// last as <see cref="PredictionRecord.IsDeleted"/>. A job of its id may be accepted again.
    /// </summary>
    /// <returns>The record as it was, whose song's blob the caller deletes; null where there is none.</returns>
    Task<PredictionRecord?> DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Forgets predictions that ended before a time and whose data are removed.</summary>
    Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken = default);
}

/// <summary>A job in a worker's hands. Sends its own heartbeats. Disposed of without a result, it gives the job back at once.</summary>
public abstract class PredictionLease : IAsyncDisposable
{
    /// <summary>The job, as it was when it was claimed.</summary>
    public abstract PredictionRecord Record { get; }

    /// <summary>Cancelled when a client cancels the job, or another worker has taken it over.</summary>
    public abstract CancellationToken Lost { get; }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}

/// <summary>As many predictions wait as may.</summary>
public sealed class QueueFullException : Exception
{
    /// <summary>Without a message.</summary>
    public QueueFullException()
    {
    }

    /// <summary>With the rule.</summary>
    public QueueFullException(string message)
        : base(message)
    {
    }

    /// <summary>With the rule, and the error that showed it.</summary>
    public QueueFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
