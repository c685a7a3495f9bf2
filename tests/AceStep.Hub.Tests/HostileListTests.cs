using System.Text;
using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>Lists of files that fail, lie or attack.</summary>
internal sealed class HostileListTests : HostileHubFixture
{
    [TestCase("../../../evil.safetensors")]
    [TestCase("/tmp/evil.safetensors")]
    [TestCase(@"..\evil.safetensors")]
    [TestCase("C:evil.safetensors")]
    [TestCase("a/\u0000.safetensors")]
    public void Get_AListThatLeadsOutOfItsFolder_IsRefusedBeforeAnythingComes(string path)
    {
        Hub.Repositories[Name].Files[path] = [1];

        AssertFails("is outside its folder");
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [TestCase("../../..", "gives no commit")]
    [TestCase("main", "gives no commit")]
    [TestCase("", "gives no commit")]
    public void Get_AListWithoutACommit_IsRefused(string commit, string message)
    {
        Hub.Repositories[Name] = new FakeRepository(commit, Hub.Repositories[Name].Files);

        AssertFails(message);
    }

    [TestCase("<html>log in</html>", "a log-in on a web page")]
    [TestCase("", "a log-in on a web page")]
    [TestCase("[]", "gives no commit")]
    [TestCase("7", "gives no commit")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567"}""", "lists no files")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":{}}""", "lists no files")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[7]}""", "without a name")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":7}]}""", "without a name")]
    public void Get_AListThatIsNone_IsRefused(string answer, string message)
    {
        Hub.Before = async context =>
        {
            if (context.Request.Path.StartsWithSegments("/api"))
            {
                await context.Response.WriteAsync(answer);
                return true;
            }

            return false;
        };

        AssertFails(message);
    }

    [Test]
    public void Get_AListThatNestsWithoutEnd_IsRefused()
    {
        Hub.Before = async context =>
        {
            await context.Response.WriteAsync(string.Concat(Enumerable.Repeat("[", 100_000)));
            return true;
        };

        AssertFails("did not answer with a list");
    }

    [Test]
    public void Get_AListWithoutEnd_IsRefused()
    {
        Hub.Before = async context =>
        {
            byte[] blanks = Encoding.ASCII.GetBytes(new string(' ', 1024 * 1024));
            for (int megabytes = 0; megabytes < 200 && !context.RequestAborted.IsCancellationRequested; megabytes++)
            {
                await context.Response.Body.WriteAsync(blanks);
            }

            return true;
        };

        AssertFails("answered with more than");
    }

    [TestCase("\"../../../../evil\"")]
    [TestCase("W/\"..\"")]
    [TestCase("\"a b:c\"")]
    public async Task Get_AnEtagThatIsNoFileName_IsMadeOne(string etag)
    {
        Hub.ListsHashes = false;
        Hub.Repositories["test/small"] = new FakeRepository(Commit, new() { ["x.safetensors"] = Contents, ["adapter_config.json"] = Bytes("small", 100) });
        Hub.Before = context =>
        {
            if (context.Request.Path.Value!.EndsWith("adapter_config.json", StringComparison.Ordinal))
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.ETag = etag;
                    return Task.CompletedTask;
                });
            }

            return Task.FromResult(false);
        };

        await Store().GetLoraAsync("test/small");

        Assert.That(Directory.GetFiles(Path.Combine(Cache.Repository("test/small"), "blobs")).Select(Path.GetFileName), Has.One.StartsWith("tag-"));
        Assert.That(Directory.GetFiles(Folder, "*evil*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Get_AReleasedNameWithOtherContents_IsRefusedBeforeItComes()
    {
        Dictionary<string, byte[]> files = Released();
        files[CheckpointFiles[2]][5] ^= 1;
        Hub.Repositories[ModelStore.ReleasedCheckpoint] = new FakeRepository(Commit, files);

        Assert.That(async () => await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("is not the released file"));
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [Test]
    public void Get_AReleasedNameWithOtherContentsUnderItsHash_IsRefused()
    {
        Hub.Repositories[ModelStore.ReleasedCheckpoint] = new FakeRepository(Commit, Released());
        Hub.Sending = async (context, contents) =>
        {
            byte[] wrong = [.. contents];
            wrong[0] ^= 1;
            await SendAsync(context, wrong, From(context), wrong.Length - From(context));
            return true;
        };

        Assert.That(async () => await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("has the wrong contents"));
        Assert.That(HubCache.Files(Cache.Snapshot(ModelStore.ReleasedCheckpoint, Commit)), Is.Empty);
    }

    [Test]
    public async Task Get_TheReleasedNameAfterALaterCommit_IsWhatWasReleased()
    {
        string later = new('c', 40);
        Hub.Repositories[ModelStore.ReleasedCheckpoint] = new FakeRepository(later, Released()) { Released = Commit };

        string released = await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint);
        string main = await Store().DownloadAsync($"{ModelStore.ReleasedCheckpoint}@main");

        Assert.That(released, Does.Contain(Commit));
        Assert.That(main, Does.Contain(later));
        Assert.That(await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Is.EqualTo(released));
    }

    [Test]
    public void Get_WithoutRoom_IsRefusedBeforeItComes()
    {
        Timing = Timing with { FreeBytes = _ => Contents.Length - 1 };

        AssertFails("needs 200000 more bytes");
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [TestCase("nobody/nothing", "has nothing with that name, or it is private")]
    [TestCase("test/lora@nothing", "no such revision")]
    public void Get_WhatTheHubDoesNotHave_SaysSo(string name, string message) =>
        Assert.That(async () => await Store().GetLoraAsync(name), Throws.TypeOf<DownloadException>().With.Message.Contains(message).And.Message.Contains(name).And.Message.Not.Contain("hf_secret"));

    [Test]
    public void Get_WhatIsGated_SaysWhatToDo()
    {
        Hub.Before = context =>
        {
            context.Response.StatusCode = 403;
            context.Response.Headers["X-Error-Code"] = "GatedRepo";
            return Task.FromResult(true);
        };

        AssertFails("accept their terms");
    }
}
