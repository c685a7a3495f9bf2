namespace AceStep.Core.Stress;

/// <summary>Allocates and forces collections on a thread of its own, for as long as it lives.</summary>
internal sealed class Collector : IDisposable
{
    private const int BytesBetweenCollections = 1 << 20;
    private const int YoungPerWhole = 20;

    private readonly Thread _thread;
    private volatile bool _isStopping;
    private int _count;

    public Collector()
    {
        _thread = new Thread(Collect) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many collections were forced.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
    }

    private void Collect()
    {
        while (!_isStopping)
        {
            GC.KeepAlive(new byte[BytesBetweenCollections]);
            if (_count % YoungPerWhole == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
            else
            {
                GC.Collect(0);
            }

            Interlocked.Increment(ref _count);
        }
    }
}
