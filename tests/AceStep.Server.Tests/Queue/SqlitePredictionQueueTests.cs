using AceStep.Server.Queue;
using AceStep.Server.Queue.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace AceStep.Server.Tests.Queue;

/// <summary>The queue of one machine: what survives in its file.</summary>
public sealed class SqlitePredictionQueueTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Reopened_AfterItsProcessDied_HasEverything()
    {
        SqlitePredictionQueue lost = Open();
        await Jobs.EnqueueAsync(lost, "a", "b", "c");
        PredictionLease done = await Jobs.ClaimAsync(lost);
        await lost.FinishAsync(done, new Outcome(Jobs.Song("a"), null, ""));
        await Jobs.ClaimAsync(lost);
        // Nothing of it is closed: so does a killed process leave it.
        File.Copy(_folder.File("q.db"), _folder.File("copy.db"));
        File.Copy(_folder.File("q.db-wal"), _folder.File("copy.db-wal"));
        await lost.DisposeAsync();

        await using SqlitePredictionQueue queue = Open(name: "copy.db");

        await using PredictionLease again = await Jobs.ClaimAsync(queue);
        await using PredictionLease next = await Jobs.ClaimAsync(queue);
        Assert.That((await queue.GetAsync("a"))!.Output, Is.EqualTo(Jobs.Song("a")));
        Assert.That((again.Record.Job.Id, again.Record.Attempt), Is.EqualTo(("b", 2)), "what ran runs again at once");
        Assert.That((next.Record.Job.Id, next.Record.Attempt), Is.EqualTo(("c", 1)));
    }

    [Test]
    public void Open_OfAForeignFile_SaysSo()
    {
        File.WriteAllText(_folder.File("q.db"), new string('x', 5000));

        Assert.That(() => Open(), Throws.TypeOf<IOException>().With.Message.Contains("q.db"));
    }

    [Test]
    public async Task ClaimAsync_OfAJobThatRunsLong_HasItsLeaseRenewed()
    {
        SqliteQueueOptions options = new();
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using SqlitePredictionQueue queue = new(_folder.File("q.db"), options, time);
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        Assert.That(LeaseUntil(), Is.EqualTo(time.GetUtcNow() + options.Lease));

        for (int heartbeat = 0; heartbeat < 5; heartbeat++)
        {
            time.Advance(options.Heartbeat);
            Assert.That(LeaseUntil, Is.EqualTo(time.GetUtcNow() + options.Lease).After(10_000, 10));
        }

        Assert.That(await queue.ClaimAsync(Jobs.Worker("other"), TimeSpan.Zero), Is.Null, "it has run longer than one lease");
        Assert.That(lease.Lost.IsCancellationRequested, Is.False);

        DateTimeOffset LeaseUntil()
        {
            using SqliteConnection connection = new($"Data Source={_folder.File("q.db")};Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT lease_until FROM predictions";
            return new DateTimeOffset((long)command.ExecuteScalar()!, TimeSpan.Zero);
        }
    }

    private SqlitePredictionQueue Open(string name = "q.db") => new(_folder.File(name), new SqliteQueueOptions(), TimeProvider.System);
}
