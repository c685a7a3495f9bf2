using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>One file on the hub, and what a failing or lying hub does to it. Everything ends whole, or in one clear error with nothing unverified in use.</summary>
internal abstract class HostileHubFixture : HubFixture
{
    protected static readonly byte[] Contents = Bytes("file", 200_000);

    protected const string Name = "test/lora";

    [SetUp]
    public void Publish() => Hub.Repositories[Name] = new FakeRepository(Commit, new() { ["lora.safetensors"] = Contents });

    protected async Task AssertArrivesAsync()
    {
        string path = await Store().GetLoraAsync(Name);
        Assert.That((await File.ReadAllBytesAsync(path)).AsSpan().SequenceEqual(Contents), Is.True);
        Assert.That(Unfinished(), Is.Empty);
    }

    protected void AssertFails(string message, bool keepsPartial = false)
    {
        Assert.That(async () => await Store().GetLoraAsync(Name), Throws.TypeOf<DownloadException>().With.Message.Contains(message));
        Assert.That(HubCache.Files(Cache.Snapshot(Name, Commit)), Is.Empty);
        Assert.That(Unfinished().Sum(path => new FileInfo(path).Length) > 0, Is.EqualTo(keepsPartial), "what may go on is kept, what is wrong is not");
    }

    protected static int From(HttpContext context) => (int)(context.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0);

    /// <summary>Answers a range, promising all of it and sending a part.</summary>
    protected static async Task SendAsync(HttpContext context, byte[] contents, int from, int length, long? promised = null)
    {
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{contents.Length - 1}/{contents.Length}";
        }

        context.Response.ContentLength = promised ?? contents.Length - from;
        await context.Response.Body.WriteAsync(contents.AsMemory(from, length));
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Leaves a part of the file behind, as an attempt that was killed does.</summary>
    protected void Leave(byte[] part)
    {
        string blobs = Directory.CreateDirectory(Path.Combine(Cache.Repository(Name), "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.Sha256(Contents) + ".incomplete"), part);
    }
}
