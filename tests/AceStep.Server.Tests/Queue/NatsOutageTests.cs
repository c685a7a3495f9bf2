using System.Diagnostics;
using AceStep.Server.Queue;
using AceStep.Server.Queue.Nats;

namespace AceStep.Server.Tests.Queue;

/// <summary>The queue while its server is killed, away, or silent.</summary>
public sealed class NatsOutageTests
{
    /// <summary>A call that never ends is what these tests are about: it must fail them, not hang them.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>So that many calls can be made while the server is away.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(1);

    private NatsTestBackend _backend = null!;

    [SetUp]
    public async Task StartAsync() => _backend = await NatsTestBackend.StartAsync();

    [TearDown]
    public async Task StopAsync()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
        }
    }

    [Test]
    public async Task Calls_WhileTheServerIsSilent_EndWithAWord()
    {
        IPredictionQueue queue = await _backend.OpenAsync(new QueueSettings { Patience = Impatience });
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        _backend.Server.Freeze();
        try
        {
            Assert.That(() => queue.EnqueueAsync(Jobs.Create("b")).WaitAsync(Longest), Throws.TypeOf<QueueUnavailableException>());
            Assert.That(() => queue.GetAsync("a").WaitAsync(Longest), Throws.TypeOf<QueueUnavailableException>());
            Assert.That(() => queue.ListAsync(new PredictionQuery()).WaitAsync(Longest), Throws.TypeOf<QueueUnavailableException>());
            Assert.That(() => queue.CancelAsync("a").WaitAsync(Longest), Throws.TypeOf<QueueUnavailableException>());
            Assert.That(() => queue.ReportAsync(lease, new PredictionProgress(MusicStage.Denoising, 1, 2, null), "x\n").WaitAsync(Longest), Throws.Nothing, "progress may be lost");
            Assert.That(await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromSeconds(1)).WaitAsync(Longest), Is.Null, "a worker waits");
        }
        finally
        {
            _backend.Server.Thaw();
        }

        Assert.That((await UntilAnsweredAsync(() => queue.GetAsync("a")))!.Job.Id, Is.EqualTo("a"));
    }

    [Test]
    public async Task Killed_WhileAJobRuns_TheJobEndsOnItsFirstAttempt()
    {
        IPredictionQueue queue = await _backend.OpenAsync();
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease lease = await Jobs.ClaimAsync(queue);
        _backend.Server.Kill();
        Task<bool> finishing = queue.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "done\n"));
        await Task.Delay(1000);

        await _backend.Server.StartAsync();

        Assert.That(await finishing, Is.True);
        PredictionRecord record = (await UntilAnsweredAsync(() => queue.GetAsync("a")))!;
        Assert.That((record.Status, record.Attempt, record.Output), Is.EqualTo((PredictionStatus.Succeeded, 1, Jobs.Song("a"))));
        Assert.That((await UntilAnsweredAsync(() => queue.StatsAsync())).Running, Is.Zero, "whatever the server's own counts say");
    }

    [Test]
    public async Task Killed_AgainAndAgain_LosesNothingThatWasAccepted_AndNothingIsDoneTwice()
    {
        const int Kills = 6;
        QueueSettings settings = new() { MaxQueued = 100, Patience = Impatience };
        IPredictionQueue queue = await _backend.OpenAsync(settings);
        IPredictionQueue worker = (await _backend.ConnectAsync(settings)).Queue;
        List<string> accepted = [];
        Dictionary<string, int> done = [];
        int finished = 0;
        using CancellationTokenSource stop = new();
        Task working = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (await worker.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromSeconds(1.5), CancellationToken.None) is not { } lease)
                {
                    continue;
                }

                // Debian's server loses what is acknowledged just before it is killed, and stops at each such job for the length of a pull.
                await Task.Delay(100);

                if (await worker.FinishAsync(lease, new Outcome(Jobs.Song(lease.Record.Job.Id), null, ""), CancellationToken.None))
                {
                    done[lease.Record.Job.Id] = done.GetValueOrDefault(lease.Record.Job.Id) + 1;
                    Interlocked.Increment(ref finished);
                }

                await lease.DisposeAsync();
            }
        });

        Random random = new(7);
        for (int kill = 0; kill < Kills; kill++)
        {
            // Each kill finds front end and worker at work.
            Task end = Task.Delay(random.Next(700));
            int before = Volatile.Read(ref finished);
            long began = Stopwatch.GetTimestamp();
            while (!end.IsCompleted || Volatile.Read(ref finished) == before)
            {
                Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Longest), $"nothing is finished after {kill} kills");
                await TryAsync($"job{kill}-{accepted.Count}");
            }

            _backend.Server.Kill();
            await TryAsync($"away{kill}");
            await _backend.Server.StartAsync();
        }

        long killed = Stopwatch.GetTimestamp();
        foreach (string id in accepted)
        {
            PredictionRecord? record = await UntilAnsweredAsync(() => queue.GetAsync(id));
            while (record is { IsTerminal: false })
            {
                Assert.That(Stopwatch.GetElapsedTime(killed), Is.LessThan(Longest * 3), $"{id} is {record.Status}");
                await Task.Delay(50);
                record = await UntilAnsweredAsync(() => queue.GetAsync(id));
            }

            Assert.That(record, Is.Not.Null, $"{id} was accepted");
            Assert.That(record!.Status, Is.EqualTo(PredictionStatus.Succeeded), record.Error);
        }

        await stop.CancelAsync();
        await working;
        TestContext.Out.WriteLine($"{Kills} kills, {accepted.Count} accepted, {done.Count} done");
        Assert.That(accepted, Is.SubsetOf(done.Keys));
        Assert.That(done.Values, Has.All.EqualTo(1));

        async Task TryAsync(string id)
        {
            try
            {
                await queue.EnqueueAsync(Jobs.Create(id));
                accepted.Add(id);
            }
            catch (QueueUnavailableException)
            {
                // Not accepted; it may be done all the same.
            }
            catch (QueueFullException)
            {
                await Task.Delay(10);
            }
        }
    }

    [Test]
    public async Task WorkersAsync_AfterARestart_KnowsWhoCameSince()
    {
        IPredictionQueue queue = await _backend.OpenAsync();
        _backend.Server.Kill();
        await _backend.Server.StartAsync();
        await UntilListedAsync().WaitAsync(Longest);

        Assert.That((await queue.WorkersAsync()).Single().Worker.Name, Is.EqualTo("w"));

        async Task UntilListedAsync()
        {
            while ((await UntilAnsweredAsync(() => queue.WorkersAsync())).Count == 0)
            {
                Assert.That(await queue.ClaimAsync(Jobs.Worker("w"), TimeSpan.FromMilliseconds(50)), Is.Null);
            }
        }
    }

    [Test]
    public async Task WatchAsync_OverARestart_GoesOn()
    {
        IPredictionQueue queue = await _backend.OpenAsync();
        IPredictionQueue worker = (await _backend.ConnectAsync()).Queue;
        await queue.EnqueueAsync(Jobs.Create("a"));
        await using IAsyncEnumerator<PredictionRecord> watch = queue.WatchAsync("a").GetAsyncEnumerator();
        Assert.That(await watch.MoveNextAsync(), Is.True);
        _backend.Server.Kill();
        await _backend.Server.StartAsync();
        await using PredictionLease lease = await Jobs.ClaimAsync(worker);
        Assert.That(await worker.FinishAsync(lease, new Outcome(Jobs.Song("a"), null, "")), Is.True);

        PredictionRecord last = watch.Current;
        while (await watch.MoveNextAsync())
        {
            last = watch.Current;
        }

        Assert.That(last.Status, Is.EqualTo(PredictionStatus.Succeeded));
    }

    [Test]
    public async Task ConnectAsync_ToNobody_SaysSo()
    {
        Assert.That(
            () => NatsBackend.ConnectAsync(new NatsQueueOptions { Url = "nats://user:geheim@127.0.0.1:9", ConnectPatience = TimeSpan.Zero }),
            Throws.TypeOf<IOException>().With.Message.Contains("nats://127.0.0.1:9 does not answer").And.Message.Not.Contains("geheim"));
        await Task.CompletedTask;
    }

    private static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (QueueUnavailableException)
            {
                await Task.Delay(50);
            }
        }
    }
}
