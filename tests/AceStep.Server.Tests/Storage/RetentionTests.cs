using AceStep.Server.Queue;
using AceStep.Server.Queue.Sqlite;
using AceStep.Server.Storage;
using AceStep.Server.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AceStep.Server.Tests.Storage;

/// <summary>What is removed, when, and in which order, on a clock that stands until a test moves it.</summary>
internal sealed class RetentionTests : FolderFixture
{
    private FakeTimeProvider _time = null!;
    private AceStepServerOptions _options = null!;
    private FileBlobStore _blobs = null!;
    private FileStore _files = null!;
    private SqlitePredictionQueue _queue = null!;
    private Retention _retention = null!;

    [SetUp]
    public void Open()
    {
        _time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        _options = new AceStepServerOptions();
        _blobs = new FileBlobStore(Folder.Path, () => 0);
        _files = new FileStore(_blobs, _options, _time);
        _queue = new SqlitePredictionQueue(Folder.File("q.db"), new SqliteQueueOptions(), _time);
        _retention = new Retention(_queue, _blobs, _files, _options, _time, NullLogger<Retention>.Instance);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _retention.Dispose();
        _files.Dispose();
        await _queue.DisposeAsync();
    }

    [Test]
    public async Task CleanAsync_BeyondTheRoom_RemovesTheOldestSongs()
    {
        await FinishAsync("a");
        await FinishAsync("b");
        await FinishAsync("c");
        _options.MaxDataBytes = 2 * Jobs.Song("a").Bytes;

        await CleanAsync();

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "out/b-1.wav", "out/c-1.wav" }));
        Assert.That(((await _queue.GetAsync("a"))!.IsDataRemoved, (await _queue.GetAsync("b"))!.IsDataRemoved), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task CleanAsync_BeyondTheirAge_RemovesSongsAndLaterForgetsThem()
    {
        _options.KeepFor = TimeSpan.FromHours(1);
        await FinishAsync("a");
        _time.Advance(TimeSpan.FromMinutes(50));
        await FinishAsync("b");
        _time.Advance(TimeSpan.FromMinutes(20));

        await CleanAsync();

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "out/b-1.wav" }));
        Assert.That((await _queue.GetAsync("a"))?.Status, Is.EqualTo(PredictionStatus.Succeeded), "the record stays");
        _time.Advance(TimeSpan.FromDays(30));
        await CleanAsync();
        Assert.That(await _queue.GetAsync("a"), Is.Null);
    }

    [Test]
    public async Task CleanAsync_HourByHourForAWeek_KeepsTheSongsOfTheLastDay()
    {
        _options.KeepFor = TimeSpan.FromDays(1);
        List<(string Song, DateTimeOffset Finished)> finished = [];
        for (int hour = 0; hour < 7 * 24; hour++)
        {
            await FinishAsync($"p{hour:000}");
            finished.Add(($"out/p{hour:000}-1.wav", _time.GetUtcNow()));
            _time.Advance(TimeSpan.FromHours(1));

            await CleanAsync();

            Assert.That(await SongsAsync(), Is.EqualTo(finished.Where(song => _time.GetUtcNow() - song.Finished < TimeSpan.FromDays(1)).Select(song => song.Song)), $"hour {hour}");
        }

        Assert.That(await _queue.ListAsync(new PredictionQuery { Limit = 1000 }), Has.Count.EqualTo(finished.Count), "the records stay");
    }

    [Test]
    public async Task CleanAsync_WithoutAnAge_KeepsSongsForEver()
    {
        await FinishAsync("a");
        _time.Advance(TimeSpan.FromDays(400));

        await CleanAsync();

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "out/a-1.wav" }));
        Assert.That((await _queue.GetAsync("a"))!.IsDataRemoved, Is.False);
    }

    [Test]
    public async Task CleanAsync_OfUploads_KeepsWhatAWaitingJobNames()
    {
        string used = await UploadAsync();
        string unused = await UploadAsync();
        await _queue.EnqueueAsync(Jobs.Create("a") with { Input = $$"""{"input_audio":"http://127.0.0.1/v1/files/{{used}}"}""" });
        _time.Advance(_options.KeepFilesFor - TimeSpan.FromMinutes(1));
        await CleanAsync();
        Assert.That(await NamesAsync(FileStore.Folder), Has.Count.EqualTo(4), "two files with their descriptions");

        _time.Advance(TimeSpan.FromMinutes(2));
        await CleanAsync();

        Assert.That(await NamesAsync(FileStore.Folder), Is.EqualTo(new[] { $"files/{used}", $"files/{used}.json" }));
        Assert.That(unused, Is.Not.EqualTo(used));
    }

    [Test]
    public async Task CleanAsync_OfSongsThatNobodyHas_LeavesThemTwoHoursAndThoseOfRunningJobs()
    {
        await _queue.EnqueueAsync(Jobs.Create("a"));
        await using PredictionLease running = await Jobs.ClaimAsync(_queue);
        await PutAsync("out/a-1.wav");
        await PutAsync("out/nobody-1.wav");
        await FinishAsync("b");
        await PutAsync("out/b-0.wav");
        await CleanAsync();
        Assert.That(await SongsAsync(), Has.Count.EqualTo(4));

        _time.Advance(TimeSpan.FromHours(3));
        await CleanAsync();

        Assert.That(await SongsAsync(), Is.EqualTo(new[] { "out/a-1.wav", "out/b-1.wav" }));
    }

    private Task CleanAsync() => _retention.CleanAsync(CancellationToken.None);

    private async Task FinishAsync(string id)
    {
        await _queue.EnqueueAsync(Jobs.Create(id));
        await using PredictionLease lease = await Jobs.ClaimAsync(_queue);
        PredictionOutput song = Jobs.Song(id);
        await PutAsync(song.Blob);
        await _queue.FinishAsync(lease, new Outcome(song, null, ""));
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private Task<long> PutAsync(string name) => _blobs.PutAsync(name, (stream, token) => stream.WriteAsync(new byte[Jobs.Song("a").Bytes], token).AsTask());

    private async Task<string> UploadAsync()
    {
        ReceivedFile received = await _files.ReceiveAsync(new MemoryStream(Sounds.Wav(0.1)), CancellationToken.None);
        await _files.DescribeAsync(received, "a.wav", null, new Dictionary<string, string>(), CancellationToken.None);
        return received.Id;
    }

    private Task<List<string>> SongsAsync() => NamesAsync(OutputAddresses.Folder);

    private async Task<List<string>> NamesAsync(string folder)
    {
        List<string> names = [];
        await foreach (BlobInfo blob in _blobs.ListAsync(folder))
        {
            names.Add(blob.Name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
