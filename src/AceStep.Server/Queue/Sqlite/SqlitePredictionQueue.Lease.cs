namespace AceStep.Server.Queue.Sqlite;

internal sealed partial class SqlitePredictionQueue
{
    /// <summary>A claimed job, with what this process knows of it before the file does.</summary>
    private sealed class Lease(SqlitePredictionQueue queue, PredictionRecord record) : PredictionLease
    {
        private readonly CancellationTokenSource _lost = new();
        private Task _heartbeats = Task.CompletedTask;
        private PredictionProgress? _progress;
        private string _logs = record.Logs;
        private long _stored;
        private int _disposed;

        public override PredictionRecord Record => record;

        public override CancellationToken Lost => _lost.Token;

        /// <summary>What the job has said by now.</summary>
        public string Logs => _logs;

        public void Begin() => _heartbeats = HeartbeatAsync();

        public PredictionRecord Overlay(PredictionRecord stored) => stored with { Progress = _progress, Logs = _logs };

        /// <summary>Notes a report, and gives the record that watchers see.</summary>
        public PredictionRecord Progressed(PredictionProgress progress, string logs)
        {
            (_progress, _logs) = (progress, logs);
            return Overlay(record);
        }

        /// <summary>Whether the last report was stored long enough ago.</summary>
        public bool IsStoringDue(TimeProvider time, TimeSpan interval)
        {
            long now = time.GetTimestamp();
            if (_stored != 0 && time.GetElapsedTime(_stored, now) < interval)
            {
                return false;
            }

            _stored = now;
            return true;
        }

        /// <summary>What hangs on the lease ends on a thread of its own: the caller may hold a lock.</summary>
        public void Lose() => _ = _lost.CancelAsync();

        public override async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
            {
                return;
            }

            if (!_lost.IsCancellationRequested)
            {
                await queue.GiveBackAsync(this);
            }

            queue.Forget(this);
            await _heartbeats;
        }

        private async Task HeartbeatAsync()
        {
            using PeriodicTimer timer = new(queue._options.Heartbeat, queue._time);
            try
            {
                while (await timer.WaitForNextTickAsync(_lost.Token))
                {
                    if (!await queue.RenewAsync(this))
                    {
                        Lose();
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The lease has ended.
            }
            catch (IOException)
            {
                // Without room for a heartbeat the lease runs out, and whoever claims the job next has it.
                Lose();
            }
        }
    }
}
