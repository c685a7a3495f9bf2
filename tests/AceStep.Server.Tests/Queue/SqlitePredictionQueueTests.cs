using AceStep.Server.Queue;
using AceStep.Server.Queue.Sqlite;

namespace AceStep.Server.Tests.Queue;

/// <summary>The queue of one machine: order, leases, fences, and what survives.</summary>
public sealed class SqlitePredictionQueueTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task EnqueueAsync_OfAKnownId_LeavesTheFirst()
    {
        await using SqlitePredictionQueue queue = Open();
        PredictionRecord first = await queue.EnqueueAsync(Job("a") with { Input = """{"prompt":"one"}""" });

        PredictionRecord second = await queue.EnqueueAsync(Job("a") with { Input = """{"prompt":"two"}""" });

        Assert.That(second.Ticket, Is.EqualTo(first.Ticket));
        Assert.That(second.Job.Input, Is.EqualTo("""{"prompt":"one"}"""));
        Assert.That((await queue.StatsAsync()).Queued, Is.EqualTo(1));
    }

    [Test]
    public async Task EnqueueAsync_WithSeedsOfZero_KeepsThem()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a") with { Seed = 0, VariationSeed = 0, Cost = 0 });

        PredictionRecord record = (await queue.GetAsync("a"))!;

        Assert.That((record.Job.Seed, record.Job.VariationSeed), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task EnqueueAsync_IntoAFullQueue_IsRefused()
    {
        await using SqlitePredictionQueue queue = Open(new SqliteQueueOptions { MaxQueued = 2 });
        await EnqueueAsync(queue, "a", "b");

        Assert.That(() => queue.EnqueueAsync(Job("c")), Throws.TypeOf<QueueFullException>());
        await using PredictionLease? lease = await queue.ClaimAsync("w", TimeSpan.Zero);
        Assert.That(() => queue.EnqueueAsync(Job("c")), Throws.Nothing, "one runs by now");
    }

    [Test]
    public async Task ClaimAsync_GivesTheOldestFirst_AndNothingWhenNothingWaits()
    {
        await using SqlitePredictionQueue queue = Open();
        await EnqueueAsync(queue, "a", "b");

        await using PredictionLease first = await ClaimAsync(queue);
        await using PredictionLease second = await ClaimAsync(queue);

        Assert.That((first.Record.Job.Id, second.Record.Job.Id), Is.EqualTo(("a", "b")));
        Assert.That(await queue.ClaimAsync("w", TimeSpan.Zero), Is.Null);
    }

    [Test]
    public async Task ClaimAsync_WhileItWaits_GetsWhatArrives()
    {
        await using SqlitePredictionQueue queue = Open();
        Task<PredictionLease?> waiting = queue.ClaimAsync("w", TimeSpan.FromMinutes(5));
        await queue.EnqueueAsync(Job("a"));

        await using PredictionLease? lease = await waiting;

        Assert.That(lease?.Record.Job.Id, Is.EqualTo("a"));
    }

    [Test]
    public async Task FinishAsync_ByTheHolder_EndsIt()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a"));
        await using PredictionLease lease = await ClaimAsync(queue);

        bool isMine = await queue.FinishAsync(lease, new Outcome(Song("a"), null, "done\n"));

        PredictionRecord? record = await queue.GetAsync("a");
        Assert.That(isMine, Is.True);
        Assert.That((record!.Status, record.Output, record.Logs, record.Error), Is.EqualTo((PredictionStatus.Succeeded, Song("a"), "done\n", (string?)null)));
        Assert.That(record.Finished!.Value, Is.GreaterThanOrEqualTo(record.Started!.Value));
    }

    [Test]
    public async Task FinishAsync_AfterTheLeaseRanOut_IsFencedOut()
    {
        await using SqlitePredictionQueue queue = Open(new SqliteQueueOptions { Lease = TimeSpan.FromTicks(1), Heartbeat = TimeSpan.FromHours(1) });
        await queue.EnqueueAsync(Job("a"));
        await using PredictionLease slow = await ClaimAsync(queue, "slow");
        await using PredictionLease quick = await ClaimAsync(queue, "quick");

        bool isSlows = await queue.FinishAsync(slow, new Outcome(null, "late", ""));
        bool isQuicks = await queue.FinishAsync(quick, new Outcome(Song("a"), null, ""));

        Assert.That((isSlows, isQuicks), Is.EqualTo((false, true)));
        Assert.That(slow.Lost.IsCancellationRequested, Is.True);
        Assert.That(quick.Record.Attempt, Is.EqualTo(2));
        Assert.That(quick.Record.Logs, Does.Contain("runs again from its beginning"));
        Assert.That((await queue.GetAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Succeeded));
    }

    [Test]
    public async Task ClaimAsync_AfterThreeDeaths_FailsTheJobAndGoesOn()
    {
        await using SqlitePredictionQueue queue = Open(new SqliteQueueOptions { Lease = TimeSpan.FromTicks(1), Heartbeat = TimeSpan.FromHours(1) });
        await EnqueueAsync(queue, "a", "b");
        string[] claimed = new string[4];
        for (int claim = 0; claim < claimed.Length; claim++)
        {
            claimed[claim] = (await ClaimAsync(queue)).Record.Job.Id;
        }

        Assert.That(claimed, Is.EqualTo(new[] { "a", "a", "a", "b" }));
        PredictionRecord record = (await queue.GetAsync("a"))!;
        Assert.That(record.Status, Is.EqualTo(PredictionStatus.Failed));
        Assert.That(record.Error, Does.Contain("died 3 times"));
    }

    [Test]
    public async Task DisposeOfALease_WithoutAResult_GivesTheJobBackInItsPlace()
    {
        await using SqlitePredictionQueue queue = Open();
        await EnqueueAsync(queue, "a", "b");
        PredictionLease lease = await ClaimAsync(queue);
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, 3), "half\n");

        await lease.DisposeAsync();

        Assert.That((await queue.GetAsync("a"))!.Logs, Is.EqualTo("half\n"));
        await using PredictionLease again = await ClaimAsync(queue);
        Assert.That((again.Record.Job.Id, again.Record.Attempt), Is.EqualTo(("a", 2)));
    }

    [Test]
    public async Task CancelAsync_OfARunningJob_IsTerminalAtOnceAndTellsTheWorker()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a"));
        await using PredictionLease lease = await ClaimAsync(queue);
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, null), "said\n");

        PredictionRecord? cancelled = await queue.CancelAsync("a");

        Assert.That((cancelled!.Status, cancelled.Logs), Is.EqualTo((PredictionStatus.Canceled, "said\n")));
        Assert.That(lease.Lost.IsCancellationRequested, Is.True);
        Assert.That(await queue.FinishAsync(lease, new Outcome(Song("a"), null, "")), Is.False);
        Assert.That((await queue.GetAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Canceled));
    }

    [Test]
    public async Task CancelAsync_OfAnEndedJob_ChangesNothing()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a"));
        await using PredictionLease lease = await ClaimAsync(queue);
        await queue.FinishAsync(lease, new Outcome(Song("a"), null, ""));

        Assert.That((await queue.CancelAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Succeeded));
        Assert.That(await queue.CancelAsync("unknown"), Is.Null);
    }

    [Test]
    public async Task WatchAsync_SeesTheStatesInOrder_AndEndsWithTheLast()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a"));
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();

        Assert.That(await NextAsync(), Is.EqualTo(PredictionStatus.Queued));
        await using PredictionLease lease = await ClaimAsync(queue);
        Assert.That(await NextAsync(), Is.EqualTo(PredictionStatus.Running));
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, 3.5), "one\n");
        Assert.That(await NextAsync(), Is.EqualTo(PredictionStatus.Running));
        Assert.That((watch.Current.Progress, watch.Current.Logs), Is.EqualTo((new PredictionProgress(MusicStage.Denoising, 1, 2, 3.5), "one\n")));
        await queue.FinishAsync(lease, new Outcome(null, "no", "one\ntwo\n"));
        Assert.That(await NextAsync(), Is.EqualTo(PredictionStatus.Failed));
        Assert.That(await watch.MoveNextAsync(), Is.False);

        async Task<PredictionStatus> NextAsync()
        {
            Assert.That(await watch.MoveNextAsync(), Is.True);
            return watch.Current.Status;
        }
    }

    [Test]
    public async Task WatchAsync_OfAnUnknownId_EndsAtOnce()
    {
        await using SqlitePredictionQueue queue = Open();
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();

        Assert.That(await watch.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task StatsAsync_CountsWhatComesBefore()
    {
        await using SqlitePredictionQueue queue = Open();
        await EnqueueAsync(queue, "a", "b", "c");
        await using PredictionLease lease = await ClaimAsync(queue);

        Assert.That(await queue.StatsAsync("c"), Is.EqualTo(new QueueStats(2, 1, 2, 20)));
        Assert.That((await queue.StatsAsync("a")).Ahead, Is.Null, "it waits no more");
    }

    [Test]
    public async Task Reopened_AfterItsProcessDied_HasEverything()
    {
        SqlitePredictionQueue lost = Open();
        await EnqueueAsync(lost, "a", "b", "c");
        PredictionLease done = await ClaimAsync(lost);
        await lost.FinishAsync(done, new Outcome(Song("a"), null, ""));
        await ClaimAsync(lost);
        // Nothing of it is closed: so does a killed process leave it.
        File.Copy(_folder.File("q.db"), _folder.File("copy.db"));
        File.Copy(_folder.File("q.db-wal"), _folder.File("copy.db-wal"));
        await lost.DisposeAsync();

        await using SqlitePredictionQueue queue = Open(name: "copy.db");

        await using PredictionLease again = await ClaimAsync(queue);
        await using PredictionLease next = await ClaimAsync(queue);
        Assert.That((await queue.GetAsync("a"))!.Output, Is.EqualTo(Song("a")));
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
    public async Task ListAsync_InPages_HasEachOnce()
    {
        await using SqlitePredictionQueue queue = Open();
        await EnqueueAsync(queue, "a", "b", "c", "d", "e");

        List<string> seen = [];
        long? before = null;
        IReadOnlyList<PredictionRecord> page;
        while ((page = await queue.ListAsync(new PredictionQuery { Before = before, Limit = 2 })).Count > 0)
        {
            seen.AddRange(page.Select(record => record.Job.Id));
            before = page[^1].Ticket;
        }

        Assert.That(seen, Is.EqualTo(new[] { "e", "d", "c", "b", "a" }));
    }

    [Test]
    public async Task RemoveDataAsync_OfAnEndedJob_KeepsTheRecordWithoutItsWords()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a") with { Input = """{"prompt":"secret"}""" });
        await using PredictionLease lease = await ClaimAsync(queue);
        Assert.That(await queue.RemoveDataAsync("a"), Is.Null, "it runs");
        await queue.FinishAsync(lease, new Outcome(Song("a"), null, "said\n"));

        string? blob = await queue.RemoveDataAsync("a");

        PredictionRecord record = (await queue.GetAsync("a"))!;
        Assert.That(blob, Is.EqualTo(Song("a").Blob));
        Assert.That((record.IsDataRemoved, record.Job.Input, record.Output, record.Logs), Is.EqualTo((true, "{}", (PredictionOutput?)null, "")));
        await queue.ForgetAsync(DateTimeOffset.MaxValue);
        Assert.That(await queue.GetAsync("a"), Is.Null);
    }

    [Test]
    public async Task MarkDeliveredAsync_TakesAnEndedJobOffTheList()
    {
        await using SqlitePredictionQueue queue = Open();
        await queue.EnqueueAsync(Job("a") with { Webhook = new PredictionWebhook("https://example.org/", WebhookEvents.Completed) });
        await using PredictionLease lease = await ClaimAsync(queue);
        await queue.FinishAsync(lease, new Outcome(Song("a"), null, ""));
        PredictionQuery undelivered = new() { Filter = PredictionFilter.Undelivered };
        Assert.That(await queue.ListAsync(undelivered), Has.Count.EqualTo(1));

        await queue.MarkDeliveredAsync("a");

        Assert.That(await queue.ListAsync(undelivered), Is.Empty);
    }

    [Test]
    public async Task TwoHundredAtOnce_AreAllAccepted_AndClaimedOnceEach()
    {
        await using SqlitePredictionQueue queue = Open();
        string[] ids = [.. Enumerable.Range(0, 200).Select(number => $"job{number}")];
        await Task.WhenAll(ids.Select(id => queue.EnqueueAsync(Job(id))));

        List<string>[] claimed = await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            List<string> mine = [];
            while (await queue.ClaimAsync($"w{worker}", TimeSpan.Zero) is { } lease)
            {
                mine.Add(lease.Record.Job.Id);
                await queue.FinishAsync(lease, new Outcome(Song("x"), null, ""));
                await lease.DisposeAsync();
            }

            return mine;
        })));

        Assert.That(claimed.SelectMany(mine => mine), Is.EquivalentTo(ids));
    }

    private static PredictionOutput Song(string id) => new($"out/{id}-1.wav", "audio/wav", 44, 10, 48000, 1.5);

    private static PredictionJob Job(string id) => new()
    {
        Id = id,
        Model = "acestep/ace-step",
        Input = "{}",
        Seed = 1,
        VariationSeed = 2,
        Cost = 10,
        Created = DateTimeOffset.UtcNow,
        BaseUrl = "http://127.0.0.1",
    };

    private static async Task EnqueueAsync(SqlitePredictionQueue queue, params string[] ids)
    {
        foreach (string id in ids)
        {
            await queue.EnqueueAsync(Job(id));
        }
    }

    private static async Task<PredictionLease> ClaimAsync(SqlitePredictionQueue queue, string worker = "w")
    {
        PredictionLease? lease = await queue.ClaimAsync(worker, TimeSpan.FromMinutes(1));
        Assert.That(lease, Is.Not.Null);
        return lease!;
    }

    private SqlitePredictionQueue Open(SqliteQueueOptions? options = null, string name = "q.db") => new(_folder.File(name), options ?? new SqliteQueueOptions(), TimeProvider.System);
}
