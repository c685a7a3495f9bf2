using AceStep.Server.Queue;

namespace AceStep.Server.Tests.Queue;

/// <summary>What every queue does: order, leases, fences, states and lists.</summary>
[TestFixture("sqlite")]
[TestFixture("nats")]
public sealed class PredictionQueueTests(string kind) : BackendFixture(kind)
{
    [Test]
    public async Task EnqueueAsync_OfAKnownId_LeavesTheFirst()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        PredictionRecord first = await queue.EnqueueAsync(Jobs.Create("a") with { Input = """{"prompt":"one"}""" });

        PredictionRecord second = await queue.EnqueueAsync(Jobs.Create("a") with { Input = """{"prompt":"two"}""" });

        Assert.That(second.Ticket, Is.EqualTo(first.Ticket));
        Assert.That(second.Job.Input, Is.EqualTo("""{"prompt":"one"}"""));
        Assert.That((await queue.StatsAsync()).Queued, Is.EqualTo(1));
    }

    [Test]
    public async Task EnqueueAsync_WithSeedsOfZero_KeepsThem()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a") with { Seed = 0, VariationSeed = 0, Cost = 0 });

        PredictionRecord record = (await queue.GetAsync("a"))!;

        Assert.That((record.Job.Seed, record.Job.VariationSeed), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task EnqueueAsync_IntoAFullQueue_IsRefused()
    {
        IPredictionQueue queue = await Backend.OpenAsync(new QueueSettings { MaxQueued = 2 });
        await Jobs.EnqueueAsync(queue, "a", "b");

        Assert.That(() => queue.EnqueueAsync(Jobs.Create("c")), Throws.TypeOf<QueueFullException>());
        await using PredictionLease? lease = await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero);
        Assert.That(() => queue.EnqueueAsync(Jobs.Create("c")), Throws.Nothing, "one runs by now");
    }

    [Test]
    public async Task ClaimAsync_GivesTheOldestFirst_AndNothingWhenNothingWaits()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await Jobs.EnqueueAsync(queue, "a", "b");

        await using PredictionLease first = await Jobs.ClaimAsync(queue);
        await using PredictionLease second = await Jobs.ClaimAsync(queue);

        Assert.That((first.Record.Job.Id, second.Record.Job.Id), Is.EqualTo(("a", "b")));
        Assert.That(await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero), Is.Null);
    }

    [Test]
    public async Task ClaimAsync_WhileItWaits_GetsWhatArrives()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        Task<PredictionLease?> waiting = queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromMinutes(5));
        await queue.EnqueueAsync(Jobs.Create("a"));

        await using PredictionLease? lease = await waiting;

        Assert.That(lease?.Record.Job.Id, Is.EqualTo("a"));
    }

    [Test]
    public async Task FinishAsync_ByTheHolder_EndsIt()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);

        bool isMine = await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "done\n"));

        PredictionRecord? record = await queue.GetAsync("a");
        Assert.That(isMine, Is.True);
        Assert.That((record!.Status, record.Output, record.Logs, record.Error), Is.EqualTo((PredictionStatus.Succeeded, Jobs.Song("a"), "done\n", (string?)null)));
        Assert.That(record.Finished!.Value, Is.GreaterThanOrEqualTo(record.Started!.Value));
    }

    [Test]
    public async Task FinishAsync_AfterTheLeaseRanOut_IsFencedOut()
    {
        IPredictionQueue queue = await Backend.OpenAsync(new QueueSettings { IsHasty = true });
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease slow = await Jobs.ClaimAsync(queue, "slow");
        await using PredictionLease quick = await Jobs.ClaimAsync(queue, "quick");

        bool isSlows = await queue.FinishAsync(slow, new Outcome(null, "late", ""));
        bool isQuicks = await queue.FinishAsync(quick, new Outcome(Jobs.Song("a"), null, ""));

        Assert.That((isSlows, isQuicks), Is.EqualTo((false, true)));
        Assert.That(slow.Lost.IsCancellationRequested, Is.True);
        Assert.That(quick.Record.Attempt, Is.EqualTo(2));
        Assert.That(quick.Record.Logs, Does.Contain("starts again from the beginning"));
        Assert.That((await queue.GetAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Succeeded));
    }

    [Test]
    public async Task DisposeOfALease_WithoutAResult_GivesTheJobBackInItsPlace()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await Jobs.EnqueueAsync(queue, "a", "b");
        PredictionLease lease = await Jobs.ClaimAsync(queue);
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, 3), "half\n");

        await lease.DisposeAsync();

        Assert.That((await queue.GetAsync("a"))!.Logs, Is.EqualTo("half\n"));
        await using PredictionLease again = await Jobs.ClaimAsync(queue);
        Assert.That((again.Record.Job.Id, again.Record.Attempt), Is.EqualTo(("a", 2)));
    }

    [Test]
    public async Task CancelAsync_OfARunningJob_IsTerminalAtOnceAndTellsTheWorker()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, null), "said\n");

        PredictionRecord? cancelled = await queue.CancelAsync("a");

        Assert.That((cancelled!.Status, cancelled.Logs), Is.EqualTo((PredictionStatus.Canceled, "said\n")));
        Assert.That(lease.Lost.IsCancellationRequested, Is.True);
        Assert.That(await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "")), Is.False);
        Assert.That((await queue.GetAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Canceled));
    }

    [Test]
    public async Task CancelAsync_OfAnEndedJob_ChangesNothing()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, ""));

        Assert.That((await queue.CancelAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Succeeded));
        Assert.That(await queue.CancelAsync("unknown"), Is.Null);
    }

    [Test]
    public async Task ClaimAsync_AfterThreeDeaths_FailsTheJobAndGoesOn()
    {
        IPredictionQueue queue = await Backend.OpenAsync(new QueueSettings { IsHasty = true });
        await queue.EnqueueAsync(Jobs.Create("a"));
        for (int claim = 1; claim <= 3; claim++)
        {
            PredictionLease lease = await Jobs.ClaimAsync(queue, $"w{claim}");
            Assert.That((lease.Record.Job.Id, lease.Record.Attempt), Is.EqualTo(("a", claim)));
        }

        await queue.EnqueueAsync(Jobs.Create("b"));
        List<string> claimed = [];
        while (!(await queue.GetAsync("a"))!.IsTerminal || claimed.Count == 0)
        {
            if (await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromSeconds(2)) is { } lease)
            {
                claimed.Add(lease.Record.Job.Id);
                await queue.FinishAsync(lease, new Outcome(Jobs.Song("b"), null, ""));
            }
        }

        PredictionRecord record = (await queue.GetAsync("a"))!;
        Assert.That(claimed, Is.EqualTo(new[] { "b" }));
        Assert.That(record.Status, Is.EqualTo(PredictionStatus.Failed));
        Assert.That(record.Error, Does.Contain("died 3 times"));
    }

    [Test]
    public async Task WatchAsync_SeesTheStatesInOrder_AndEndsWithTheLast()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();
        Assert.That(await watch.MoveNextAsync(), Is.True);
        Assert.That(watch.Current.Status, Is.EqualTo(PredictionStatus.Queued));

        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        await UntilAsync(record => record.Status == PredictionStatus.Running);
        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, 3.5), "one\n");
        await UntilAsync(record => record.Progress == new PredictionProgress(MusicStage.Denoising, 1, 2, 3.5) && record.Logs == "one\n");
        await queue.FinishAsync(lease, new Outcome(null, "no", "one\ntwo\n"));
        await UntilAsync(record => record.Status == PredictionStatus.Failed && record.Error == "no" && record.Logs == "one\ntwo\n");
        Assert.That(await watch.MoveNextAsync(), Is.False);

        // A state may be told twice, never out of order.
        async Task UntilAsync(Func<PredictionRecord, bool> condition)
        {
            PredictionStatus before = watch.Current.Status;
            do
            {
                Assert.That(await watch.MoveNextAsync(), Is.True);
                Assert.That(watch.Current.Status, Is.GreaterThanOrEqualTo(before));
            }
            while (!condition(watch.Current));
        }
    }

    [Test]
    public async Task WatchAllAsync_HearsOfEveryPrediction_UntilItsEnd()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await Jobs.EnqueueAsync(queue, "before");
        await queue.StatsAsync();
        using CancellationTokenSource enough = new();
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAllAsync(enough.Token).GetAsyncEnumerator(enough.Token);
        ValueTask<bool> next = watch.MoveNextAsync();
        await Jobs.EnqueueAsync(queue, "a", "b");
        await queue.CancelAsync("a");
        await queue.CancelAsync("b");

        HashSet<string> ended = [];
        while (ended.Count < 2)
        {
            Assert.That(await next, Is.True);
            Assert.That(watch.Current.Job.Id, Is.Not.EqualTo("before"), "it did not change");
            Assert.That(ended, Does.Not.Contain(watch.Current.Job.Id), "nothing comes after the end");
            if (watch.Current.IsTerminal)
            {
                ended.Add(watch.Current.Job.Id);
            }

            next = watch.MoveNextAsync();
        }

        await enough.CancelAsync();
        Assert.That(async () => await next, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task HoldAsync_OfWhatIsHeld_GivesNothing_UntilItIsLetGo()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        IAsyncDisposable? first = await queue.HoldAsync("webhook/a");

        Assert.That(first, Is.Not.Null);
        Assert.That(await queue.HoldAsync("webhook/a"), Is.Null);
        await using IAsyncDisposable? other = await queue.HoldAsync("webhook/b");
        Assert.That(other, Is.Not.Null);
        await first!.DisposeAsync();
        await using IAsyncDisposable? again = await queue.HoldAsync("webhook/a");
        Assert.That(again, Is.Not.Null);
    }

    [Test]
    public async Task WorkersAsync_HasWhatAWorkerSaysOfItself_AndWhatItDoes()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        WorkerDescription worker = new() { Name = "w", Checkpoint = "nano", Device = "cpu", Loras = ["rap"], FreeBytes = 1 << 30 };

        await using PredictionLease? lease = await queue.ClaimAsync(worker, TimeSpan.FromMinutes(1));

        WorkerState state;
        do
        {
            state = (await queue.WorkersAsync()).Single();
        }
        while (state.Prediction is null);
        Assert.That(state.Prediction, Is.EqualTo("a"));
        Assert.That((state.Worker.Name, state.Worker.Checkpoint, state.Worker.Device, state.Worker.FreeBytes), Is.EqualTo(("w", "nano", "cpu", (long?)(1 << 30))));
        Assert.That(state.Worker.Loras, Is.EqualTo(new[] { "rap" }));
    }

    [Test]
    public async Task WatchAsync_OfAnUnknownId_EndsAtOnce()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();

        Assert.That(await watch.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task StatsAsync_CountsWhatComesBefore()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await Jobs.EnqueueAsync(queue, "a", "b", "c");
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);

        Assert.That(await queue.StatsAsync("c"), Is.EqualTo(new QueueStats(2, 1, 2, 20)));
        Assert.That((await queue.StatsAsync("a")).Ahead, Is.Null, "it waits no more");
    }

    [Test]
    public async Task ListAsync_InPages_HasEachOnce()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await Jobs.EnqueueAsync(queue, "a", "b", "c", "d", "e");

        List<string> seen = [];
        long? before = null;
        IReadOnlyList<PredictionRecord> page;
        while ((page = await queue.ListAsync(new PredictionQuery { Before = before, Limit = 2 })).Count > 0)
        {
            seen.AddRange(page.Select(record => record.Job.Id));
            Assert.That(seen, Is.Unique);
            before = page[^1].Ticket;
        }

        Assert.That(seen, Is.EqualTo(new[] { "e", "d", "c", "b", "a" }));
    }

    [Test]
    public async Task RemoveDataAsync_OfAnEndedJob_KeepsTheRecordWithoutItsWords()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a") with { Input = """{"prompt":"secret"}""" });
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        Assert.That(await queue.RemoveDataAsync("a"), Is.Null, "it runs");
        await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "said\n"));

        string? blob = await queue.RemoveDataAsync("a");

        PredictionRecord record = (await queue.GetAsync("a"))!;
        Assert.That(blob, Is.EqualTo(Jobs.Song("a").Blob));
        Assert.That((record.IsDataRemoved, record.Job.Input, record.Output, record.Logs), Is.EqualTo((true, "{}", (PredictionOutput?)null, "")));
        await queue.ForgetAsync(DateTimeOffset.MaxValue);
        Assert.That(await queue.GetAsync("a"), Is.Null);
    }

    [TestCase(PredictionStatus.Queued)]
    [TestCase(PredictionStatus.Running)]
    [TestCase(PredictionStatus.Succeeded)]
    public async Task DeleteAsync_InAnyState_LeavesNothing_AndItsIdMayComeAgain(PredictionStatus state)
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.StatsAsync();
        using CancellationTokenSource enough = new();
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAllAsync(enough.Token).GetAsyncEnumerator(enough.Token);
        Task<bool> next = watch.MoveNextAsync().AsTask();
        await Jobs.EnqueueAsync(queue, "a", "b");
        PredictionLease? lease = state == PredictionStatus.Queued ? null : await Jobs.ClaimAsync(queue);
        if (state == PredictionStatus.Succeeded)
        {
            await queue.FinishAsync(lease!, new Outcome(Jobs.Song("a"), null, "done\n"));
        }

        PredictionRecord? deleted = await queue.DeleteAsync("a");

        Assert.That((deleted!.Job.Id, deleted.Output), Is.EqualTo(("a", state == PredictionStatus.Succeeded ? Jobs.Song("a") : null)));
        Assert.That(await queue.GetAsync("a"), Is.Null);
        Assert.That((await queue.ListAsync(new PredictionQuery())).Select(record => record.Job.Id), Is.EqualTo(new[] { "b" }));
        Assert.That(await queue.DeleteAsync("a"), Is.Null);
        PredictionRecord heard;
        do
        {
            Assert.That(await next, Is.True);
            heard = watch.Current;
            next = watch.MoveNextAsync().AsTask();
        }
        while (heard is not { Job.Id: "a", IsDeleted: true });

        if (lease is not null)
        {
            Assert.That(await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "")), Is.False);
            await lease.DisposeAsync();
        }

        await Jobs.EnqueueAsync(queue, "a");
        await using PredictionLease first = await Jobs.ClaimAsync(queue);
        await using PredictionLease second = await Jobs.ClaimAsync(queue);
        Assert.That((first.Record.Job.Id, second.Record.Job.Id, second.Record.Attempt), Is.EqualTo(("b", "a", 1)), "the new one comes after what waited, and runs once");
        Assert.That(await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero), Is.Null);
        await enough.CancelAsync();
        Assert.That(
            async () =>
            {
                while (await next)
                {
                    next = watch.MoveNextAsync().AsTask();
                }
            },
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task DeleteAsync_WhileItIsWatched_EndsTheWatch()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();
        await watch.MoveNextAsync();

        await queue.DeleteAsync("a");

        PredictionRecord last;
        do
        {
            last = watch.Current;
        }
        while (await watch.MoveNextAsync());
        Assert.That(last.Status, Is.EqualTo(PredictionStatus.Canceled));
    }

    [Test]
    public async Task DeleteAsync_ByManyAtOnce_IsDoneByOne()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));

        PredictionRecord?[] deleted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => queue.DeleteAsync("a")));

        Assert.That(deleted.Count(record => record is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task MarkDeliveredAsync_TakesAnEndedJobOffTheList()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a") with { Webhook = new PredictionWebhook("https://example.org/", WebhookEvents.Completed) });
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        await queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, ""));
        PredictionQuery undelivered = new() { Filter = PredictionFilter.Undelivered };
        Assert.That(await queue.ListAsync(undelivered), Has.Count.EqualTo(1));
        Assert.That((await queue.GetAsync("a"))!.IsUndelivered, Is.True);

        await queue.MarkDeliveredAsync("a");

        Assert.That(await queue.ListAsync(undelivered), Is.Empty);
    }

    [Test]
    public async Task TwoHundredAtOnce_AreAllAccepted_AndClaimedOnceEach()
    {
        IPredictionQueue queue = await Backend.OpenAsync();
        string[] ids = [.. Enumerable.Range(0, 200).Select(number => $"job{number}")];
        await Task.WhenAll(ids.Select(id => queue.EnqueueAsync(Jobs.Create(id))));

        List<string>[] claimed = await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            List<string> mine = [];
            while (await queue.ClaimAsync(Jobs.Worker($"w{worker}"), TimeSpan.Zero) is { } lease)
            {
                mine.Add(lease.Record.Job.Id);
                await queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, ""));
                await lease.DisposeAsync();
            }

            return mine;
        })));

        Assert.That(claimed.SelectMany(mine => mine), Is.EquivalentTo(ids));
    }
}
