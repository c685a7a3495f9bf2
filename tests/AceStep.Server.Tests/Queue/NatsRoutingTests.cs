using AceStep.Server.Queue;

namespace AceStep.Server.Tests.Queue;

/// <summary>Jobs that need a LoRA go where it is in memory, if somebody there is idle; nothing waits for that.</summary>
public sealed class NatsRoutingTests() : BackendFixture("nats")
{
    private NatsTestBackend Nats => (NatsTestBackend)Backend;

    [Test]
    public async Task AJobWithALora_GoesToTheIdleWorkerThatHasIt()
    {
        IPredictionQueue front = await Nats.OpenAsync();
        IPredictionQueue plain = (await Nats.ConnectAsync()).Queue;
        IPredictionQueue rapper = (await Nats.ConnectAsync()).Queue;
        for (int round = 0; round < 10; round++)
        {
            using CancellationTokenSource enough = new();
            Task<PredictionLease?> idle = plain.ClaimAsync(Jobs.Worker("plain", "jazz"), TimeSpan.FromMinutes(1), enough.Token);
            Task<PredictionLease?> wanted = rapper.ClaimAsync(Jobs.Worker("rapper", "folk", "rap"), TimeSpan.FromMinutes(1), enough.Token);
            await IdleAsync(front, 2);

            await front.EnqueueAsync(Jobs.Create($"job{round}") with { Lora = "rap" });

            Assert.That(await Task.WhenAny(idle, wanted), Is.SameAs(wanted), $"round {round}");
            PredictionLease lease = (await wanted)!;
            Assert.That((lease.Record.Job.Id, lease.Record.Attempt, lease.Record.Worker), Is.EqualTo(($"job{round}", 1, "rapper")));
            Assert.That(await rapper.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, "")), Is.True);
            await lease.DisposeAsync();
            await enough.CancelAsync();
            Assert.That(async () => await idle, Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    public async Task AJobWithALora_ThatNoIdleWorkerHas_IsRunByAnother()
    {
        IPredictionQueue front = await Nats.OpenAsync();
        IPredictionQueue rapper = (await Nats.ConnectAsync()).Queue;
        await front.EnqueueAsync(Jobs.Create("a") with { Lora = "rap" });
        await using PredictionLease busy = await Jobs.ClaimAsync(rapper, "rapper", "rap");
        await front.EnqueueAsync(Jobs.Create("b") with { Lora = "rap" });

        await using PredictionLease other = await Jobs.ClaimAsync(front, "plain", "jazz");

        Assert.That((other.Record.Job.Id, other.Record.Worker), Is.EqualTo(("b", "plain")));
    }

    [Test]
    public async Task ARareLora_AmongManyJobsOfAnother_IsNotStarved()
    {
        IPredictionQueue front = await Nats.OpenAsync();
        List<string> order = [];
        for (int number = 0; number < 40; number++)
        {
            await front.EnqueueAsync(Jobs.Create($"job{number}") with { Lora = number == 5 ? "rare" : "common" });
        }

        Task[] workers = [.. Enumerable.Range(0, 2).Select(async worker =>
        {
            IPredictionQueue queue = (await Nats.ConnectAsync()).Queue;
            while (await queue.ClaimAsync(Jobs.Worker($"w{worker}", "common"), TimeSpan.FromSeconds(2)) is { } lease)
            {
                lock (order)
                {
                    order.Add(lease.Record.Job.Id);
                }

                await queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, ""));
                await lease.DisposeAsync();
            }
        })];
        await Task.WhenAll(workers);

        Assert.That(order, Has.Count.EqualTo(40).And.Unique);
        Assert.That(order.IndexOf("job5"), Is.LessThanOrEqualTo(7), "in its turn, but for what ran beside it");
    }

    [Test]
    public async Task PassedOnJobs_UnderLoad_AreEachDoneOnce()
    {
        IPredictionQueue front = await Nats.OpenAsync();
        string[] loras = ["a", "b", "c"];
        string[] ids = [.. Enumerable.Range(0, 120).Select(number => $"job{number}")];
        List<string> done = [];
        Task[] workers = [.. Enumerable.Range(0, 3).Select(async worker =>
        {
            IPredictionQueue queue = (await Nats.ConnectAsync()).Queue;
            while (await queue.ClaimAsync(Jobs.Worker($"w{worker}", loras[worker]), TimeSpan.FromSeconds(3)) is { } lease)
            {
                await Task.Delay(5);
                if (await queue.FinishAsync(lease, new Outcome(Jobs.Song("x"), null, "")))
                {
                    lock (done)
                    {
                        done.Add(lease.Record.Job.Id);
                    }
                }

                await lease.DisposeAsync();
            }
        })];
        await Parallel.ForEachAsync(ids, async (id, _) => await front.EnqueueAsync(Jobs.Create(id) with { Lora = loras[int.Parse(id[3..], System.Globalization.CultureInfo.InvariantCulture) % 3] }, CancellationToken.None));
        await Task.WhenAll(workers);

        Assert.That(done, Is.EquivalentTo(ids));
        IReadOnlyList<PredictionRecord> records = await front.ListAsync(new PredictionQuery { Limit = 1000 });
        Assert.That(records.Select(record => (record.Status, record.Attempt)), Has.All.EqualTo((PredictionStatus.Succeeded, 1)));
    }

    /// <summary>Until so many workers say that they wait, and listen for what others pass on.</summary>
    private static async Task IdleAsync(IPredictionQueue queue, int count)
    {
        while ((await queue.WorkersAsync()).Count(state => state.Prediction is null) < count)
        {
            await Task.Delay(20);
        }

        // They listen a moment after they have said it.
        await Task.Delay(200);
    }
}
