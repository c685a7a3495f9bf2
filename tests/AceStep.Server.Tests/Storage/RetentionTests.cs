using AceStep.Server.Queue;
using AceStep.Server.Queue.Sqlite;
using AceStep.Server.Storage;
using AceStep.Server.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AceStep.Server.Tests.Storage;

/// <summary>What is kept and for how long, with a clock that is set forward.</summary>
internal sealed class RetentionTests : FolderFixture
{
    private const int SongBytes = 100;

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private AceStepServerOptions _options = null!;
    private SqlitePredictionQueue _queue = null!;
    private FileBlobStore _blobs = null!;
    private FileStore _files = null!;
    private Retention _retention = null!;

    [SetUp]
    public void Open()
    {
        _options = new AceStepServerOptions();
        _queue = new SqlitePredictionQueue(Folder.File("queue.db"), new SqliteQueueOptions(), _clock);
        _blobs = new FileBlobStore(Folder.File("blobs"), () => 0);
        _files = new FileStore(_blobs, _options, _clock);
        _retention = new Retention(_queue, _blobs, _files, _options, _clock, NullLogger<Retention>.Instance);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _retention.Dispose();
        await _queue.DisposeAsync();
    }

    [Test]
    public async Task CleanAsync_HourByHourForAWeek_KeepsTheSongsOfTheLastDay()
    {
        _options.KeepFor = TimeSpan.FromDays(1);
        Dictionary<string, DateTimeOffset> finished = [];
        for (int hour = 0; hour < 7 * 24; hour++)
        {
            string id = await FinishAsync($"p{hour:000}");
            finished[id] = _clock.GetUtcNow();
            _clock.Advance(TimeSpan.FromHours(1));

            await _retention.CleanAsync(CancellationToken.None);

            string[] young = [.. finished.Where(song => _clock.GetUtcNow() - song.Value <= TimeSpan.FromDays(1)).Select(song => song.Key).Order()];
            Assert.That(await SongsAsync(), Is.EqualTo(young), $"hour {hour}");
            Assert.That(await WithDataAsync(), Is.EqualTo(young), $"hour {hour}");
        }

        Assert.That((await _queue.ListAsync(new PredictionQuery { Limit = 1000 })).Count, Is.EqualTo(finished.Count), "the records are kept longer");
    }

    [Test]
    public async Task CleanAsync_BeyondTheBytesAllowed_RemovesTheOldestSongs()
    {
        _options.MaxDataBytes = (2 * SongBytes) + 50;
        foreach (string id in (string[])["a", "b", "c", "d"])
        {
            await FinishAsync(id);
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await _retention.CleanAsync(CancellationToken.None);

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "c", "d" }));
        Assert.That((await _queue.GetAsync("a"))!.IsDataRemoved, Is.True);
        Assert.That((await _queue.GetAsync("c"))!.IsDataRemoved, Is.False);
    }

    [Test]
    public async Task CleanAsync_ThirtyDaysAfterASongWent_ForgetsItsPrediction()
    {
        _options.KeepFor = TimeSpan.FromDays(1);
        await FinishAsync("a");
        _clock.Advance(TimeSpan.FromDays(29));
        await _retention.CleanAsync(CancellationToken.None);
        PredictionRecord? before = await _queue.GetAsync("a");
        _clock.Advance(TimeSpan.FromDays(2));

        await _retention.CleanAsync(CancellationToken.None);

        Assert.That(before, Is.Not.Null);
        Assert.That(await _queue.GetAsync("a"), Is.Null);
    }

    [Test]
    public async Task CleanAsync_WithoutAnAge_KeepsSongsAndPredictions()
    {
        await FinishAsync("a");
        _clock.Advance(TimeSpan.FromDays(400));

        await _retention.CleanAsync(CancellationToken.None);

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "a" }));
        Assert.That(await WithDataAsync(), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task CleanAsync_OfUploads_RemovesOldOnesThatNoOpenPredictionNames()
    {
        string named = await UploadAsync();
        string free = await UploadAsync();
        await _queue.EnqueueAsync(Jobs.Create("a") with { Input = $$"""{"audio":"http://127.0.0.1/v1/files/{{named}}"}""" });
        _clock.Advance(_options.KeepFilesFor + TimeSpan.FromMinutes(1));
        string young = await UploadAsync();

        await _retention.CleanAsync(CancellationToken.None);
        string[] whileOpen = await UploadsAsync();
        await _queue.CancelAsync("a");
        await _retention.CleanAsync(CancellationToken.None);

        Assert.That(whileOpen, Is.EquivalentTo(new[] { named, young }));
        Assert.That(whileOpen, Does.Not.Contain(free));
        Assert.That(await UploadsAsync(), Is.EqualTo(new[] { young }));
    }

    [Test]
    public async Task CleanAsync_OfSongsThatNoPredictionHas_RemovesThemWhenTheyAreOld()
    {
        await FinishAsync("a");
        await PutSongAsync("out/a-2.wav");
        await PutSongAsync("out/unknown-1.wav");
        await _queue.EnqueueAsync(Jobs.Create("open"));
        await PutSongAsync("out/open-1.wav");
        _clock.Advance(TimeSpan.FromMinutes(90));
        await _retention.CleanAsync(CancellationToken.None);
        string[] young = await BlobsAsync(OutputAddresses.Folder);
        _clock.Advance(TimeSpan.FromHours(1));

        await _retention.CleanAsync(CancellationToken.None);

        Assert.That(young, Has.Length.EqualTo(4), "an upload may still be under way");
        Assert.That(await BlobsAsync(OutputAddresses.Folder), Is.EqualTo(new[] { "out/a-1.wav", "out/open-1.wav" }));
    }

    /// <summary>Makes a prediction, and its song now.</summary>
    private async Task<string> FinishAsync(string id)
    {
        await Jobs.EnqueueAsync(_queue, id);
        await using PredictionLease lease = await Jobs.ClaimAsync(_queue);
        PredictionOutput song = Jobs.Song(id) with { Bytes = SongBytes };
        await PutSongAsync(song.Blob);
        Assert.That(await _queue.FinishAsync(lease, new Outcome(song, null, "")), Is.True);
        return id;
    }

    private async Task PutSongAsync(string blob)
    {
        await _blobs.PutAsync(blob, (stream, token) => stream.WriteAsync(new byte[SongBytes], token).AsTask());
        SetStored(blob);
    }

    private async Task<string> UploadAsync()
    {
        ReceivedFile received = await _files.ReceiveAsync(new MemoryStream(Sounds.Wav(0.1)), CancellationToken.None);
        await _files.DescribeAsync(received, "a.wav", null, new Dictionary<string, string>(), CancellationToken.None);
        SetStored($"{FileStore.Folder}/{received.Id}");
        SetStored($"{FileStore.Folder}/{received.Id}.json");
        return received.Id;
    }

    /// <summary>Files have the disk's time; here they get the test's.</summary>
    private void SetStored(string blob) => File.SetLastWriteTimeUtc(Path.Combine(Folder.File("blobs"), blob), _clock.GetUtcNow().UtcDateTime);

    private async Task<string[]> SongsAsync() => [.. (await BlobsAsync(OutputAddresses.Folder)).Select(blob => Path.GetFileName(blob).Split('-')[0])];

    private async Task<string[]> UploadsAsync() => [.. (await BlobsAsync(FileStore.Folder)).Where(blob => !blob.EndsWith(".json", StringComparison.Ordinal)).Select(Path.GetFileName)!];

    private async Task<string[]> BlobsAsync(string folder) => [.. (await _blobs.ListAsync(folder).ToListAsync()).Select(blob => blob.Name).Order(StringComparer.Ordinal)];

    private async Task<string[]> WithDataAsync() =>
        [.. (await _queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.WithData, Limit = 1000 })).Select(record => record.Job.Id).Order(StringComparer.Ordinal)];
}
