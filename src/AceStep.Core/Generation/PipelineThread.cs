using System.Collections.Concurrent;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>
/// The one thread on which a pipeline loads, computes and gives back: work is done one piece after another, in the order in
/// which it came.
/// </summary>
/// <remarks>
/// A thread of its own for each generation would get a heap of its own from the C library each time, and inference mode and
/// dispose scopes belong to threads.
/// </remarks>
internal sealed class PipelineThread : TaskScheduler
{
    private readonly BlockingCollection<Task> _queue = [];
    private readonly Lock _gate = new();
    private readonly Thread _thread;
    private Task? _end;

    public PipelineThread()
    {
        _thread = new Thread(Work) { Name = "AceStep pipeline", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>The tensors that live by work of this thread, as TorchSharp counts them, when the last piece had ended.</summary>
    public long LiveTensors { get; private set; }

    /// <summary>Does work once what came before has ended; cancelled before it begins, it is never done.</summary>
    /// <exception cref="ObjectDisposedException">The thread ends, or has ended.</exception>
    /// <exception cref="InvalidOperationException">This is the thread itself, in a progress callback: the work would wait for itself.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        RequireAnotherThread();
        lock (_gate)
        {
            ThrowIfEnded();
            return Start(
                () =>
                {
                    ThrowIfEnded();
                    return work();
                },
                cancellationToken);
        }
    }

    /// <summary>Does the last work once what is being done has ended; what waits fails, as everything that comes later.</summary>
    /// <exception cref="InvalidOperationException">This is the thread itself.</exception>
    public Task EndAsync(Action lastWork)
    {
        RequireAnotherThread();
        lock (_gate)
        {
            if (_end is null)
            {
                _end = Start(
                    () =>
                    {
                        lastWork();
                        return 0;
                    },
                    CancellationToken.None);
                _queue.CompleteAdding();
            }

            return _end;
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => _queue.Add(task);

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _queue;

    private Task<T> Start<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return work();
                }
                finally
                {
                    LiveTensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
                }
            },
            cancellationToken,
            TaskCreationOptions.RunContinuationsAsynchronously | TaskCreationOptions.HideScheduler,
            this);

    private void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_queue.IsAddingCompleted, typeof(MusicPipeline));

    private void RequireAnotherThread()
    {
        if (Thread.CurrentThread == _thread)
        {
            throw new InvalidOperationException("The pipeline cannot be called from its own progress callback: the call would wait for the request that it is part of. Start it elsewhere, without waiting for it.");
        }
    }

    private void Work()
    {
        foreach (Task task in _queue.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
        }
    }
}
