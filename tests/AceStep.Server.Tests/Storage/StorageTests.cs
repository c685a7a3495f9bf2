using System.Text;
using AceStep.Audio;
using AceStep.Server.Storage;

namespace AceStep.Server.Tests.Storage;

/// <summary>Blobs, uploaded files, the data folder and its secret.</summary>
internal sealed class StorageTests : FolderFixture
{
    [Test]
    public async Task PutAsync_ThenOpenAsync_GivesTheBytes()
    {
        FileBlobStore store = new(Folder.Path, () => 0);

        long bytes = await store.PutAsync("out/a-1.wav", (stream, token) => stream.WriteAsync("abc"u8.ToArray(), token).AsTask());

        await using Stream? stream = await store.OpenAsync("out/a-1.wav");
        using StreamReader reader = new(stream!);
        Assert.That((bytes, await reader.ReadToEndAsync()), Is.EqualTo((3L, "abc")));
    }

    [Test]
    public async Task PutAsync_ThatFailsHalfWay_LeavesNothing()
    {
        FileBlobStore store = new(Folder.Path, () => 0);

        Assert.That(
            () => store.PutAsync("out/a-1.wav", async (stream, token) =>
            {
                await stream.WriteAsync("half"u8.ToArray(), token);
                throw new InvalidDataException("broken");
            }),
            Throws.TypeOf<InvalidDataException>());

        Assert.That(await store.OpenAsync("out/a-1.wav"), Is.Null);
        Assert.That(Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase("../a")]
    [TestCase("out/../../a")]
    [TestCase("out/.hidden")]
    [TestCase("/etc/passwd")]
    [TestCase("out/a/b")]
    [TestCase("out/a\n")]
    [TestCase("")]
    public void OpenAsync_OfAnotherName_IsRefused(string name) =>
        Assert.That(() => new FileBlobStore(Folder.Path, () => 0).OpenAsync(name), Throws.TypeOf<ArgumentException>());

    [Test]
    public void PutAsync_WithoutTheReserve_SaysThatThereIsNoRoom() =>
        Assert.That(
            () => new FileBlobStore(Folder.Path, () => long.MaxValue / 2).PutAsync("out/a", (_, _) => Task.CompletedTask),
            Throws.TypeOf<StorageFullException>().With.Message.Contains("no room on the disk"));

    [Test]
    public async Task ReceiveAsync_JudgesByTheBytes()
    {
        FileStore files = Files();
        byte[] wav = Sounds.Wav();

        ReceivedFile received = await files.ReceiveAsync(new MemoryStream(wav), CancellationToken.None);
        Assert.That(await files.FindAsync(received.Id, CancellationToken.None), Is.Null, "it has no description yet");
        StoredFile file = await files.DescribeAsync(received, "song.exe", "application/octet-stream", new Dictionary<string, string>(), CancellationToken.None);

        Assert.That((file.ContentType, file.Bytes), Is.EqualTo(("audio/wav", (long)wav.Length)));
        Assert.That((await files.FindAsync(file.Id, CancellationToken.None))?.Sha256, Is.EqualTo(file.Sha256));
        await files.RemoveAsync(file.Id, CancellationToken.None);
        Assert.That(await files.FindAsync(file.Id, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task ListAsync_PageByPage_HasEachOnce_WhateverIsRemovedMeanwhile()
    {
        FileStore files = Files();
        List<string> ids = [];
        for (int file = 0; file < 5; file++)
        {
            ReceivedFile received = await files.ReceiveAsync(new MemoryStream(Sounds.Wav(0.1)), CancellationToken.None);
            ids.Insert(0, (await files.DescribeAsync(received, $"{file}.wav", null, new Dictionary<string, string>(), CancellationToken.None)).Id);
            File.SetLastWriteTimeUtc(Path.Combine(Folder.Path, "files", $"{received.Id}.json"), DateTime.UtcNow.AddMinutes(file / 2));
        }

        (List<StoredFile> first, FilePlace? next) = await files.ListAsync(null, 2, CancellationToken.None);
        await files.RemoveAsync(first[1].Id, CancellationToken.None);
        Assert.That(FilePlace.TryParse(next!.ToString(), out FilePlace? read), Is.True);
        (List<StoredFile> second, FilePlace? last) = await files.ListAsync(read, 10, CancellationToken.None);

        Assert.That(first.Concat(second).Select(file => file.Id), Is.EquivalentTo(ids));
        Assert.That(first[0].Id, Is.EqualTo(ids[0]), "the newest");
        Assert.That(second[^1].Id, Is.AnyOf(ids[3], ids[4]));
        Assert.That(last, Is.Null);
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("-1")]
    [TestCase("1-")]
    [TestCase("99999999999999999999-aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [TestCase("1-../../../../../../../etc/p")]
    public void FilePlace_OfAnythingElse_IsNone(string text) => Assert.That(FilePlace.TryParse(text, out _), Is.False);

    [Test]
    public void ReceiveAsync_OfWhatIsNoAudio_KeepsNothing()
    {
        Assert.That(() => Files().ReceiveAsync(new MemoryStream(Encoding.ASCII.GetBytes("<html>this is no audio</html>")), CancellationToken.None), Throws.TypeOf<AudioFormatException>());
        Assert.That(Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void ReceiveAsync_BeyondTheLimit_StopsThere() =>
        Assert.That(
            () => Files(options => options.MaxFileBytes = 1000).ReceiveAsync(new MemoryStream(Sounds.Wav()), CancellationToken.None),
            Throws.TypeOf<FileTooLargeException>());

    [Test]
    public void ReceiveAsync_OfASmallFileThatSoundsLong_IsRefused()
    {
        if (!AudioLibrary.IsAvailable)
        {
            Assert.Ignore("libsndfile is not installed.");
        }

        byte[] flac = Sounds.SilentFlac(seconds: 700);
        Assert.That(flac, Has.Length.LessThan(100_000));
        Assert.That(() => Files().ReceiveAsync(new MemoryStream(flac), CancellationToken.None), Throws.TypeOf<AudioFormatException>().With.Message.Contains("at most 600 s"));
    }

    [Test]
    public void DataFolder_InUse_IsRefusedToAnother()
    {
        using DataFolder first = new(Folder.Path);

        Assert.That(() => new DataFolder(Folder.Path), Throws.TypeOf<IOException>().With.Message.Contains("in use by another server"));
    }

    [Test]
    public void Secret_OfAFolder_StaysTheSame()
    {
        string id, signature;
        using (DataFolder folder = new(Folder.Path))
        {
            (id, signature) = (folder.Secret.IdOf("repeat", "key"), folder.Secret.Sign("output", "a-1.wav"));
        }

        using DataFolder again = new(Folder.Path);
        Assert.That(again.Secret.IdOf("repeat", "key"), Is.EqualTo(id).And.Length.EqualTo(26));
        Assert.That(again.Secret.IsSigned("output", "a-1.wav", signature), Is.True);
        Assert.That(again.Secret.IsSigned("output", "a-2.wav", signature), Is.False);
        Assert.That(again.Secret.IsSigned("stream", "a-1.wav", signature), Is.False, "a signature is for one purpose");
    }

    [Test]
    public void NewId_IsOneOfItsKind()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(_ => ServerSecret.NewId())];

        Assert.That(ids, Is.Unique);
        Assert.That(ids, Has.All.Matches<string>(FileStore.IsId));
    }

    private FileStore Files(Action<AceStepServerOptions>? change = null)
    {
        AceStepServerOptions options = new();
        change?.Invoke(options);
        return new FileStore(new FileBlobStore(Folder.Path, () => 0), options, TimeProvider.System);
    }
}
