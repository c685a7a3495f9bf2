using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;
using AceStep.Server.Queue;
using AceStep.Server.Queue.Sqlite;
using AceStep.Server.Storage;
using AceStep.Server.Tests.Queue;
using AceStep.Server.Tests.Http;

namespace AceStep.Server.Tests.Storage;

/// <summary>The server's disk is full, really and in mid-write: nothing half written, nothing accepted that cannot be kept, nothing lost that was.</summary>
public sealed class FullDiskTests
{
    private SmallDisk _disk = null!;

    [SetUp]
    public void MakeDisk() => _disk = SmallDisk.Require(megabytes: 8);

    [TearDown]
    public void RemoveDisk() => _disk?.Dispose();

    [Test]
    public async Task PutAsync_OfASongOntoAFullDisk_SaysSoAndKeepsTheOlderOne([Values] AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"libsndfile with {format} is not installed.");
        }

        AudioBuffer noise = Noise();
        FileBlobStore store = new(_disk.Path, () => 0);
        await store.PutAsync("out/a-1", (stream, token) => stream.WriteAsync("older"u8.ToArray(), token).AsTask());
        long whole = noise.Encode(format).Length;
        foreach (long room in new[] { 0, 4096, whole / 2, whole - 4096 })
        {
            _disk.FillUpTo(room);

            Assert.That(
                () => store.PutAsync("out/a-1", (stream, _) => Task.Run(() => AudioFile.Save(noise, stream, format), CancellationToken.None)),
                Throws.TypeOf<StorageFullException>(), $"with room for {room} of {whole} bytes");

            Assert.That(_disk.Files, Is.EqualTo(new[] { _disk.File("out/a-1") }));
            Assert.That(await File.ReadAllTextAsync(_disk.File("out/a-1")), Is.EqualTo("older"));
        }
    }

    [Test]
    public async Task EnqueueAsync_OntoAFullDisk_AcceptsNothingAndLosesNothing()
    {
        await using SqlitePredictionQueue queue = new(_disk.File("q.db"), new SqliteQueueOptions(), TimeProvider.System);
        await queue.EnqueueAsync(Jobs.Create("a"));
        _disk.FillUpTo(0);
        List<string> accepted = [];
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                // What the database's files have room for may still be accepted.
                string id = $"b{attempt}";
                await queue.EnqueueAsync(Jobs.Create(id) with { Input = $$"""{"prompt":"{{new string('x', 2000)}}"}""" });
                accepted.Add(id);
            }
            catch (StorageFullException)
            {
                break;
            }
        }

        Assert.That(accepted, Has.Count.LessThan(200), "the disk is full");
        Assert.That(() => queue.EnqueueAsync(Jobs.Create("c") with { Input = new string('x', 10_000) }), Throws.TypeOf<StorageFullException>());
        Assert.That(await queue.GetAsync("c"), Is.Null);
        _disk.Empty();

        foreach (string id in new[] { "a" }.Concat(accepted))
        {
            Assert.That((await queue.GetAsync(id))?.Status, Is.EqualTo(PredictionStatus.Queued), id);
        }

        await queue.EnqueueAsync(Jobs.Create("c"));
        Assert.That((await queue.StatsAsync()).Queued, Is.EqualTo(2 + accepted.Count));
    }

    [Test]
    public async Task Serve_DiskFullForAWhile_RefusesNewWorkAndFinishesWhatItAccepted()
    {
        await using ServerHost host = await (await ServerHost.StartAsync(options => options.DataFolder = _disk.File("data"))).ReadyAsync();
        JsonObject input = new() { ["prompt"] = "techno", ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 7 };
        string accepted = (await (await host.CreateAsync(input.DeepClone())).ExpectAsync(201)).Text("id");
        _disk.FillUpTo(0);
        HttpResponseMessage refused = await host.CreateAsync(Large());
        while (refused.IsSuccessStatusCode)
        {
            // What the database's files have room for may still be accepted.
            refused = await host.CreateAsync(Large());
        }

        await refused.ExpectAsync(507);
        await (await host.Client.GetAsync("/v1/predictions")).ExpectAsync(200);
        _disk.Empty();

        JsonElement ended = await host.EndOfAsync(accepted);
        Assert.That(ended.Text("status"), Is.EqualTo("succeeded"), ended.ToString()[..Math.Min(2000, ended.ToString().Length)]);
        Assert.That(_disk.Files.Where(file => file.Contains("/blobs/tmp/", StringComparison.Ordinal)), Is.Empty);

        JsonNode Large()
        {
            JsonNode large = input.DeepClone();
            large["lyrics"] = new string('x', 4000);
            large["infer_steps"] = 100;
            large["audio_duration"] = 240;
            return large;
        }
    }

    private static AudioBuffer Noise()
    {
        Random random = new(1);
        float[] samples = new float[2 * 2 * 48000];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (2 * random.NextSingle()) - 1;
        }

        return AudioBuffer.FromPlanar(samples, 2, 48000);
    }
}
