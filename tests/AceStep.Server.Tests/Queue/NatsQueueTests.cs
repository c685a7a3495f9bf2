using System.Text.Json;
using AceStep.Server.Queue;
using AceStep.Server.Queue.Nats;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace AceStep.Server.Tests.Queue;

/// <summary>What can go wrong between many machines and one nats-server; each was seen to.</summary>
public sealed class NatsQueueTests() : BackendFixture("nats")
{
    private NatsTestBackend Nats => (NatsTestBackend)Backend;

    [Test]
    public async Task Streams_AreAsTheQueueNeedsThem()
    {
        await Nats.OpenAsync(new QueueSettings { MaxQueued = 7 });
        await using NatsConnection connection = new(new NatsOpts { Url = Nats.Server.Url });
        NatsJSContext jetStream = new(connection);

        StreamConfig jobs = (await jetStream.GetStreamAsync($"{Nats.Name}-jobs")).Info.Config;
        ConsumerConfig workers = (await jetStream.GetConsumerAsync($"{Nats.Name}-jobs", "workers")).Info.Config;
        StreamConfig records = (await jetStream.GetStreamAsync($"KV_{Nats.Name}-records")).Info.Config;
        StreamConfig audio = (await jetStream.GetStreamAsync($"OBJ_{Nats.Name}-audio")).Info.Config;

        Assert.That((jobs.Retention, jobs.Storage, jobs.Discard, jobs.MaxMsgs, jobs.DuplicateWindow), Is.EqualTo((StreamConfigRetention.Workqueue, StreamConfigStorage.File, StreamConfigDiscard.New, 1007L, TimeSpan.FromMinutes(10))));
        Assert.That((workers.AckPolicy, workers.AckWait, workers.MaxDeliver, workers.MaxAckPending), Is.EqualTo((ConsumerConfigAckPolicy.Explicit, TimeSpan.FromSeconds(15), -1L, 1000L)), "a bound on deliveries strands jobs; one on the unacknowledged is of all workers together");
        Assert.That((records.MaxMsgsPerSubject, records.MaxAge, records.AllowDirect), Is.EqualTo((1L, TimeSpan.FromDays(7), false)), "a copy that lags behind must not answer");
        Assert.That(audio.MaxAge, Is.EqualTo(TimeSpan.FromDays(7)));
    }

    [Test]
    public async Task EnqueueAsync_OfOneIdFromTwoFrontEndsAtOnce_IsOneMessage()
    {
        IPredictionQueue first = await Nats.OpenAsync();
        IPredictionQueue second = (await Nats.ConnectAsync()).Queue;

        PredictionRecord[] records = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => (number % 2 == 0 ? first : second).EnqueueAsync(Jobs.Create("a"))));

        Assert.That(records.Select(record => record.Ticket).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await MessagesAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task ClaimAsync_OfAMessageWhoseFrontEndDiedBeforeTheRecord_MakesTheRecord()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        await using NatsConnection connection = new(new NatsOpts { Url = Nats.Server.Url });
        PubAckResponse ack = await new NatsJSContext(connection).PublishAsync($"{Nats.Name}.jobs.a", JsonSerializer.SerializeToUtf8Bytes(Jobs.Create("a"), NatsJson.Default.PredictionJob));

        await using PredictionLease lease = await Jobs.ClaimAsync(queue);

        Assert.That((lease.Record.Job.Id, lease.Record.Ticket, lease.Record.Attempt), Is.EqualTo(("a", (long)ack.Seq, 1)));
        Assert.That((await queue.GetAsync("a"))!.Status, Is.EqualTo(PredictionStatus.Running));
        Assert.That((await queue.EnqueueAsync(Jobs.Create("a"))).Status, Is.EqualTo(PredictionStatus.Running), "the client asks again");
    }

    [Test]
    public async Task ClaimAsync_PastAMessageThatIsNoJob_GoesOn()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        await using NatsConnection connection = new(new NatsOpts { Url = Nats.Server.Url });
        await new NatsJSContext(connection).PublishAsync($"{Nats.Name}.jobs.x", "{ not a job"u8.ToArray());
        await queue.EnqueueAsync(Jobs.Create("a"));

        await using PredictionLease lease = await Jobs.ClaimAsync(queue);

        Assert.That(lease.Record.Job.Id, Is.EqualTo("a"));
        Assert.That(await MessagesAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task CancelAsync_OfWaitingJobs_TakesTheirMessages_AndLeavesTheOthersInOrder()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        string[] ids = [.. Enumerable.Range(0, 30).Select(number => $"job{number}")];
        await Jobs.EnqueueAsync(queue, ids);
        foreach (string id in ids.Where((_, number) => number % 3 != 0))
        {
            await queue.CancelAsync(id);
        }

        Assert.That(await MessagesAsync(), Is.EqualTo(10));
        List<string> claimed = [];
        while (await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero) is { } lease)
        {
            claimed.Add(lease.Record.Job.Id);
            await queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, ""));
        }

        Assert.That(claimed, Is.EqualTo(ids.Where((_, number) => number % 3 == 0)), "purging by subject would skip some");
    }

    [Test]
    public async Task ClaimAsync_ByTwoWorkers_GivesEachOneJob_AndHoldsNoneBack()
    {
        IPredictionQueue first = await Nats.OpenAsync();
        IPredictionQueue second = (await Nats.ConnectAsync()).Queue;
        await Jobs.EnqueueAsync(first, "a", "b", "c");

        await using PredictionLease a = await Jobs.ClaimAsync(first, "w1");
        await using PredictionLease b = await Jobs.ClaimAsync(second, "w2");
        await using PredictionLease c = await Jobs.ClaimAsync(second, "w3");

        Assert.That(new[] { a, b, c }.Select(lease => lease.Record.Job.Id), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task ClaimAsync_WithLessThanASecond_IsNoError()
    {
        IPredictionQueue queue = await Nats.OpenAsync();

        Assert.That(await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromMilliseconds(300)), Is.Null);
    }

    [Test]
    public async Task GivenBack_TwentyTimes_IsNeitherStrandedNorCountedAsDeaths()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        for (int time = 0; time < 20; time++)
        {
            await (await Jobs.ClaimAsync(queue)).DisposeAsync();
        }

        await using PredictionLease last = await Jobs.ClaimAsync(queue);

        Assert.That((last.Record.Attempt, last.Record.Status), Is.EqualTo((21, PredictionStatus.Running)));
    }

    [Test]
    public async Task FinishAsync_ByAStaleWorker_LeavesTheNewOwnersMessage()
    {
        IPredictionQueue queue = await Nats.OpenAsync(new QueueSettings { IsHasty = true });
        NatsBackend other = await Nats.ConnectAsync(new QueueSettings { IsHasty = true });
        await queue.EnqueueAsync(Jobs.Create("a"));
        PredictionLease slow = await Jobs.ClaimAsync(queue, "slow");
        await Jobs.ClaimAsync(other.Queue, "dead");

        Assert.That(await queue.FinishAsync(slow, new Outcome(Jobs.Song("a"), null, "")), Is.False);
        await slow.DisposeAsync();

        await using PredictionLease third = await Jobs.ClaimAsync(queue, "third");
        Assert.That(third.Record.Attempt, Is.EqualTo(3), "an acknowledgement by the first would have taken the job from the second");
    }

    [Test]
    public async Task ReadingElsewhere_AtOnceAfterAChange_SeesIt()
    {
        IPredictionQueue here = await Nats.OpenAsync();
        IPredictionQueue there = (await Nats.ConnectAsync()).Queue;
        for (int number = 0; number < 50; number++)
        {
            string id = $"job{number}";
            await here.EnqueueAsync(Jobs.Create(id));
            Assert.That((await there.GetAsync(id))?.Status, Is.EqualTo(PredictionStatus.Queued));
            Assert.That((await there.ListAsync(new PredictionQuery { Limit = 1 })).Single().Job.Id, Is.EqualTo(id));
            Assert.That((await there.StatsAsync(id)).Ahead, Is.EqualTo(number));
        }
    }

    [Test]
    public async Task WatchAsync_OnAnotherFrontEnd_SeesProgressLogsAndTheEnd()
    {
        IPredictionQueue worker = await Nats.OpenAsync();
        IPredictionQueue front = (await Nats.ConnectAsync()).Queue;
        await front.EnqueueAsync(Jobs.Create("a"));
        // It follows from now on: what was told before is not told again.
        await front.StatsAsync();
        await using IAsyncEnumerator<PredictionRecord> watch = front.WatchAsync("a").GetAsyncEnumerator();
        await using PredictionLease lease = await Jobs.ClaimAsync(worker);
        string said = "";
        for (int step = 1; step <= 10; step++)
        {
            said += $"step {step}\n";
            await worker.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, step, 10, null), said);
            do
            {
                Assert.That(await watch.MoveNextAsync(), Is.True);
                Assert.That(said, Does.StartWith(watch.Current.Logs), "logs are only ever appended to");
            }
            while (watch.Current.Progress?.Completed != step || watch.Current.Logs != said);
        }

        Assert.That((await front.GetAsync("a"))!.Logs, Is.EqualTo(said), "whoever asks sees what was told, stored or not");
        await worker.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, said));
        PredictionRecord last = watch.Current;
        while (await watch.MoveNextAsync())
        {
            last = watch.Current;
        }

        Assert.That(last.Status, Is.EqualTo(PredictionStatus.Succeeded));
    }

    [Test]
    public async Task CancelAsync_OnAnotherFrontEnd_ReachesTheWorker_AndTheMessageGoes()
    {
        IPredictionQueue worker = await Nats.OpenAsync();
        IPredictionQueue front = (await Nats.ConnectAsync()).Queue;
        await front.EnqueueAsync(Jobs.Create("a"));
        PredictionLease lease = await Jobs.ClaimAsync(worker);
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = lease.Lost.Register(lost.SetResult);

        await front.CancelAsync("a");

        await lost.Task;
        await lease.DisposeAsync();
        while (await MessagesAsync() > 0)
        {
            await Task.Delay(20);
        }

        Assert.That(await worker.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero), Is.Null);
    }

    [Test]
    public async Task HoldAsync_OfAProcessThatDied_GoesToAnother()
    {
        await Nats.OpenAsync();
        NatsBackend dead = await Nats.ConnectAsync(change: options => Quick(options));
        IPredictionQueue living = (await Nats.ConnectAsync(change: options => Quick(options))).Queue;
        Assert.That(await dead.Queue.HoldAsync("x"), Is.Not.Null);
        for (int look = 0; look < 10; look++)
        {
            Assert.That(await living.HoldAsync("x"), Is.Null, "it is renewed while its process lives");
            await Task.Delay(200);
        }

        await dead.Connection.DisposeAsync();

        IAsyncDisposable? taken;
        while ((taken = await living.HoldAsync("x")) is null)
        {
            await Task.Delay(50);
        }

        await taken.DisposeAsync();
    }

    [Test]
    public async Task Records_PastTheirAge_AreForgotten_AndSoIsWhatABrokenUploadLeft()
    {
        await Nats.OpenAsync();
        NatsBackend backend = await Nats.ConnectAsync(change: options => new NatsQueueOptions { Url = options.Url, Name = "aging", AllowsOldServer = true, KeepFor = TimeSpan.FromSeconds(2) });
        IPredictionQueue queue = backend.Queue;
        await queue.EnqueueAsync(Jobs.Create("a"));
        await queue.CancelAsync("a");
        await backend.Blobs.PutAsync("out/a-1.wav", (stream, token) => stream.WriteAsync(new byte[300_000], token).AsTask());
        await using NatsConnection connection = new(new NatsOpts { Url = Nats.Server.Url });
        NatsJSContext jetStream = new(connection);
        await jetStream.PublishAsync("$O.aging-audio.C.broken", new byte[100_000]);
        Assert.That(await queue.ListAsync(new PredictionQuery()), Has.Count.EqualTo(1));

        while ((await jetStream.GetStreamAsync("OBJ_aging-audio")).Info.State.Messages > 0 || await queue.GetAsync("a") is not null)
        {
            await Task.Delay(100);
        }

        Assert.That(await queue.ListAsync(new PredictionQuery()), Is.Empty);
        Assert.That(await backend.Blobs.OpenAsync("out/a-1.wav"), Is.Null);
        Assert.That(await queue.StatsAsync(), Is.EqualTo(new QueueStats(0, 0, null, 0)));
    }

    [Test]
    public async Task Lag_AsAScalerReadsIt_IsWhatWaitsAndWhatRuns()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        await Jobs.EnqueueAsync(queue, "a", "b", "c");
        PredictionLease running = await Jobs.ClaimAsync(queue);
        Assert.That(await LagAsync(), Is.EqualTo(3));

        await queue.FinishAsync(running, new Outcome(Jobs.Song("a"), null, ""));
        while (await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero) is { } lease)
        {
            await queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, ""));
        }

        while (await LagAsync() > 0)
        {
            await Task.Delay(20);
        }
    }

    [Test]
    public async Task Secret_OfTwoFrontEnds_IsOne()
    {
        await Nats.OpenAsync();
        NatsBackend[] both = await Task.WhenAll(Nats.ConnectAsync(), Nats.ConnectAsync());

        Assert.That(both[0].Secret.Sign("output", "a"), Is.EqualTo(both[1].Secret.Sign("output", "a")));
    }

    [Test]
    public async Task DeleteAsync_OfAJobThatRunsElsewhere_StopsItsWorker_AndNothingComesBack()
    {
        IPredictionQueue worker = await Nats.OpenAsync(new QueueSettings { IsHasty = true });
        IPredictionQueue front = (await Nats.ConnectAsync()).Queue;
        await front.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(worker);

        await front.DeleteAsync("a");

        await Task.Delay(Timeout.Infinite, lease.Lost).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.That(await MessagesAsync(), Is.Zero);
        await front.EnqueueAsync(Jobs.Create("b"));
        await using PredictionLease next = await Jobs.ClaimAsync(worker);
        Assert.That(next.Record.Job.Id, Is.EqualTo("b"));
        Assert.That(await worker.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromSeconds(2)), Is.Null, "the lease that ran out is of nothing");
        Assert.That(await front.GetAsync("a"), Is.Null);
    }

    [Test]
    public async Task DeleteAsync_WhileWorkersTakeWhatWaits_BringsNothingBack()
    {
        IPredictionQueue front = await Nats.OpenAsync();
        NatsBackend[] others = [await Nats.ConnectAsync(), await Nats.ConnectAsync()];
        string[] ids = [.. Enumerable.Range(0, 40).Select(number => $"job{number}")];
        await Jobs.EnqueueAsync(front, ids);

        Task[] working = [.. others.Select(other => Task.Run(async () =>
        {
            while (await other.Queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.Zero) is { } lease)
            {
                await other.Queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, ""));
                await lease.DisposeAsync();
            }
        }))];
        foreach (string id in ids)
        {
            await front.DeleteAsync(id);
        }

        await Task.WhenAll(working);
        Assert.That(await front.ListAsync(new PredictionQuery()), Is.Empty);
        while (await MessagesAsync() > 0)
        {
            await Task.Delay(20);
        }
    }

    [Test]
    public async Task EnqueueAsync_OfInputsBeyondAMessage_IsRefused()
    {
        IPredictionQueue queue = await Nats.OpenAsync();

        Assert.That(() => queue.EnqueueAsync(Jobs.Create("a") with { Input = $$"""{"lyrics":"{{new string('x', 600_000)}}"}""" }), Throws.TypeOf<QueueFullException>().With.Message.Contains("KiB"));
        Assert.That(await MessagesAsync(), Is.Zero);
    }

    [Test]
    public async Task ReportAsync_OfLogsBeyondARecord_KeepsTheirBeginning()
    {
        IPredictionQueue queue = await Nats.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);

        await queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, null), new string('x', 3_000_000));
        Assert.That(await queue.FinishAsync(lease, new Outcome(null, "no", new string('x', 3_000_000))), Is.True);

        Assert.That((await queue.GetAsync("a"))!.Logs, Has.Length.InRange(100_000, 1_000_000));
    }

    private static NatsQueueOptions Quick(NatsQueueOptions options) => new() { Url = options.Url, Name = options.Name, AllowsOldServer = true, Lease = TimeSpan.FromSeconds(1), Heartbeat = TimeSpan.FromSeconds(0.3) };

    private async Task<long> MessagesAsync()
    {
        await using NatsConnection connection = new(new NatsOpts { Url = Nats.Server.Url });
        return (long)(await new NatsJSContext(connection).GetStreamAsync($"{Nats.Name}-jobs")).Info.State.Messages;
    }

    /// <summary>As KEDA's scaler for NATS JetStream computes it.</summary>
    private async Task<long> LagAsync()
    {
        using HttpClient client = new();
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync($"{Nats.Server.Monitoring}/jsz?acc=$G&consumers=true&config=true"));
        JsonElement stream = document.RootElement.GetProperty("account_details")[0].GetProperty("stream_detail").EnumerateArray().Single(detail => detail.GetProperty("name").GetString() == $"{Nats.Name}-jobs");
        JsonElement workers = stream.GetProperty("consumer_detail").EnumerateArray().Single(detail => detail.GetProperty("name").GetString() == "workers");
        return workers.GetProperty("num_pending").GetInt64() + workers.GetProperty("num_ack_pending").GetInt64();
    }
}
