using System.Collections.Concurrent;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>
/// The one thread on which a pipeline loads, computes and frees its memory. Work is done one piece after another, in the
/// order of the calls.
/// </summary>
/// <remarks>
/// One thread for all, because inference mode and dispose scopes belong to a thread, and because the C library would give
/// each new thread a heap of its own.
/// </remarks>
internal sealed class PipelineThread : TaskScheduler
{
    /// <summary>Milliseconds without work after which free memory is returned to the system. If it were sooner, the next song would often have to allocate it again.</summary>
    private const int Rest = 1000;

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

    /// <summary>The number of live tensors on this thread, as TorchSharp counts them, after the last piece of work.</summary>
    public long LiveTensors { get; private set; }

    /// <summary>Runs work after all earlier work. Work that is cancelled before it begins is not run.</summary>
    /// <exception cref="ObjectDisposedException">The thread is ending or has ended.</exception>
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

    /// <summary>Runs the last work after the piece in progress. Waiting and later work fails.</summary>
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
            throw new InvalidOperationException("The pipeline cannot be called from its own progress callback: the call would wait for the request that is reporting, without end. Make the call outside the callback, or start it there and do not wait for it.");
        }
    }

    private void Work()
    {
        bool hasWorked = false;
        while (!_queue.IsCompleted)
        {
            if (_queue.TryTake(out Task? task, hasWorked ? Rest : Timeout.Infinite))
            {
                TryExecuteTask(task);
                hasWorked = true;
            }
            else
            {
                FreeMemory.Return();
                hasWorked = false;
            }
        }

        FreeMemory.Return();
    }
}
