using AceStep.Server.Queue;

namespace AceStep.Server.Tests.Queue;

/// <summary>Jobs for queues, and who works on them.</summary>
internal static class Jobs
{
    public static PredictionOutput Song(string id) => new($"out/{id}-1.wav", "audio/wav", 44, 10, 48000, 1.5);

    public static PredictionJob Create(string id) => new()
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

    public static WorkerDescription Worker(string name, params string[] loras) => new() { Name = name, Loras = loras };

    public static async Task EnqueueAsync(IPredictionQueue queue, params string[] ids)
    {
        foreach (string id in ids)
        {
            await queue.EnqueueAsync(Create(id));
        }
    }

    public static async Task<PredictionLease> ClaimAsync(IPredictionQueue queue, string worker = "w", params string[] loras)
    {
        PredictionLease? lease = await queue.ClaimAsync(Worker(worker, loras), TimeSpan.FromMinutes(1));
        Assert.That(lease, Is.Not.Null);
        return lease!;
    }
}
