using System.Security.Cryptography;
using AceStep.Server.Storage;
using AceStep.Server.Tests.Queue;

namespace AceStep.Server.Tests.Storage;

/// <summary>What stores of audio take of memory. It is counted for the whole process, so nothing else runs meanwhile.</summary>
[TestFixture("files")]
[TestFixture("nats")]
[NonParallelizable]
public sealed class BlobMemoryTests(string kind) : BackendFixture(kind)
{
    [Test]
    public async Task FourLargeReadersAtOnce_GetTheirBytes_WithoutHoldingThemInMemory()
    {
        const int Size = 48 << 20;
        IBlobStore store = await Backend.OpenBlobsAsync();
        byte[] hash = [];
        await store.PutAsync("out/large", async (stream, token) =>
        {
            byte[] piece = new byte[1 << 20];
            new Random(1).NextBytes(piece);
            using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int written = 0; written < Size; written += piece.Length)
            {
                sha.AppendData(piece);
                await stream.WriteAsync(piece, token);
            }

            hash = sha.GetHashAndReset();
        });
        long before = GC.GetTotalAllocatedBytes(precise: true);

        byte[][] hashes = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using Stream? stream = await store.OpenAsync("out/large");
            return await SHA256.HashDataAsync(stream!);
        }));

        Assert.That(hashes, Has.All.EqualTo(hash));
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        TestContext.Out.WriteLine($"{allocated >> 20} MiB allocated for {4 * Size >> 20} MiB read");
        Assert.That(allocated, Is.LessThan(4L * Size), "no reader's bytes are in memory as a whole");
    }
}
