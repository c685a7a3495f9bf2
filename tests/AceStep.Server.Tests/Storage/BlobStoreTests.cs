using AceStep.Server.Storage;
using AceStep.Server.Tests.Queue;

namespace AceStep.Server.Tests.Storage;

/// <summary>What every store of audio does.</summary>
[TestFixture("files")]
[TestFixture("nats")]
public sealed class BlobStoreTests(string kind) : BackendFixture(kind)
{
    [Test]
    public async Task PutAsync_ByAWriterThatSeeks_GivesTheBytes()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();

        long bytes = await store.PutAsync("out/a-1.wav", async (stream, token) =>
        {
            await stream.WriteAsync("....def"u8.ToArray(), token);
            stream.Position = 1;
            await stream.WriteAsync("abc"u8.ToArray(), token);
            stream.Position = stream.Length;
        });

        Assert.That((bytes, await TextAsync(store, "out/a-1.wav")), Is.EqualTo((7L, ".abcdef")));
    }

    [Test]
    public async Task PutAsync_OfAKnownName_Replaces_AndOthersStay()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();
        await WriteAsync(store, "out/a", "one");
        await WriteAsync(store, "out/b", "two");
        await WriteAsync(store, "out/a", "three");

        Assert.That((await TextAsync(store, "out/a"), await TextAsync(store, "out/b")), Is.EqualTo(("three", "two")));
    }

    [Test]
    public async Task PutAsync_ThatFailsHalfWay_LeavesNothing()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();

        Assert.That(
            () => store.PutAsync("out/a", async (stream, token) =>
            {
                await stream.WriteAsync("half"u8.ToArray(), token);
                throw new InvalidDataException("broken");
            }),
            Throws.TypeOf<InvalidDataException>());

        Assert.That(await store.OpenAsync("out/a"), Is.Null);
        Assert.That(await ListAsync(store, "out"), Is.Empty);
    }

    [Test]
    public async Task OpenAsync_OfWhatIsNotThere_GivesNothing()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();

        Assert.That(await store.OpenAsync("out/a"), Is.Null);
        Assert.That(() => store.DeleteAsync("out/a"), Throws.Nothing);
    }

    [TestCase("../a")]
    [TestCase("out/../../a")]
    [TestCase("out/.hidden")]
    [TestCase("/etc/passwd")]
    [TestCase("out/a/b")]
    [TestCase("out/a\n")]
    [TestCase("")]
    public async Task AnyCall_WithAnotherName_IsRefused(string name)
    {
        IBlobStore store = await Backend.OpenBlobsAsync();

        Assert.That(() => store.OpenAsync(name), Throws.TypeOf<ArgumentException>());
        Assert.That(() => store.DeleteAsync(name), Throws.TypeOf<ArgumentException>());
        Assert.That(() => store.PutAsync(name, (_, _) => Task.CompletedTask), Throws.TypeOf<ArgumentException>());
    }

    [Test]
    public async Task ListAsync_HasAFoldersBlobs_WithTheirSizes()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();
        Assert.That(await ListAsync(store, "out"), Is.Empty);
        await WriteAsync(store, "out/a", "1");
        await WriteAsync(store, "out/b", "22");
        await WriteAsync(store, "files/c", "333");
        await store.DeleteAsync("out/a");

        List<BlobInfo> blobs = await ListAsync(store, "out");

        Assert.That(blobs.Select(blob => (blob.Name, blob.Bytes)), Is.EqualTo(new[] { ("out/b", 2L) }));
        Assert.That(blobs.Single().Stored, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(5)));
        await store.DeleteAsync("out/b");
        Assert.That(await ListAsync(store, "out"), Is.Empty);
    }

    [Test]
    public async Task OpenAsync_ThenDeleteAsync_LeavesTheReaderItsBytes()
    {
        IBlobStore store = await Backend.OpenBlobsAsync();
        await WriteAsync(store, "out/a", "whole");
        await using Stream? stream = await store.OpenAsync("out/a");
        await store.DeleteAsync("out/a");

        using StreamReader reader = new(stream!);
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo("whole"));
    }

    private static Task<long> WriteAsync(IBlobStore store, string name, string text) => store.PutAsync(name, (stream, token) => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), token).AsTask());

    private static async Task<string?> TextAsync(IBlobStore store, string name)
    {
        await using Stream? stream = await store.OpenAsync(name);
        if (stream is null)
        {
            return null;
        }

        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync();
    }

    private static async Task<List<BlobInfo>> ListAsync(IBlobStore store, string folder)
    {
        List<BlobInfo> blobs = [];
        await foreach (BlobInfo blob in store.ListAsync(folder))
        {
            blobs.Add(blob);
        }

        return blobs;
    }
}
