using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>Networks and hubs that fail, lie or attack. Everything ends whole, or in one clear error with nothing unverified in use.</summary>
internal sealed class HostileHubTests : HubFixture
{
    private static readonly byte[] Contents = Bytes("file", 200_000);

    private const string Name = "test/lora";

    [SetUp]
    public void Publish() => Hub.Repositories[Name] = new FakeRepository(Commit, new() { ["lora.safetensors"] = Contents });

    private async Task AssertArrivesAsync()
    {
        string path = await Store().GetLoraAsync(Name);
        Assert.That((await File.ReadAllBytesAsync(path)).AsSpan().SequenceEqual(Contents), Is.True);
        Assert.That(Unfinished(), Is.Empty);
    }

    private void AssertFails(string message, bool keepsPartial = false)
    {
        Assert.That(async () => await Store().GetLoraAsync(Name), Throws.TypeOf<DownloadException>().With.Message.Contains(message));
        Assert.That(HubCache.Files(Cache.Snapshot(Name, Commit)), Is.Empty);
        Assert.That(Unfinished().Sum(path => new FileInfo(path).Length) > 0, Is.EqualTo(keepsPartial), "what may go on is kept, what is wrong is not");
    }

    private static int From(HttpContext context) => (int)(context.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0);

    /// <summary>Answers a range, promising all of it and sending a part.</summary>
    private static async Task SendAsync(HttpContext context, byte[] contents, int from, int length, long? promised = null)
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

    [Test]
    public async Task Get_CutAtManyBytes_GoesOnWhereItWasCut([Values(1, 7, 4_096, 65_537, 199_999)] int bytes)
    {
        int cuts = 0;
        Hub.Sending = async (context, contents) =>
        {
            if (cuts++ > 0)
            {
                return false;
            }

            await SendAsync(context, contents, 0, bytes);
            // What was sent has to arrive before the connection breaks.
            await Task.Delay(20);
            context.Abort();
            return true;
        };

        await AssertArrivesAsync();

        Assert.That(Hub.ContentRequests[1].Range, Does.Match("^bytes=[0-9]+-$").Or.Null);
        Assert.That(cuts, Is.EqualTo(2));
    }

    [Test]
    public async Task Get_CutAgainAndAgain_ArrivesAsLongAsSomethingComes()
    {
        Hub.Sending = async (context, contents) =>
        {
            int from = From(context);
            await SendAsync(context, contents, from, Math.Min(9_000, contents.Length - from));
            await Task.Delay(5);
            if (from + 9_000 < contents.Length)
            {
                context.Abort();
            }

            return true;
        };

        await AssertArrivesAsync();

        Assert.That(Hub.ContentRequests, Has.Count.GreaterThan(Timing.Repetitions + 5), "more breaks than an attempt has repetitions");
    }

    [Test]
    public void Get_CutWithoutAStepForward_GivesUpAndKeepsWhatCame()
    {
        Timing = Timing with { Step = 1000, Repetitions = 3 };
        Hub.Sending = async (context, contents) =>
        {
            await SendAsync(context, contents, From(context), From(context) == 0 ? 5_000 : 0);
            await Task.Delay(20);
            context.Abort();
            return true;
        };

        AssertFails("Tried 4 times", keepsPartial: true);
    }

    [Test]
    public async Task Get_FromAServerWithoutRanges_TakesTheWholeAgain()
    {
        int requests = 0;
        Hub.Sending = async (context, contents) =>
        {
            await SendAsync(context, contents, 0, ++requests == 1 ? 70_000 : contents.Length);
            await Task.Delay(20);
            if (requests == 1)
            {
                context.Abort();
            }

            return true;
        };

        await AssertArrivesAsync();
    }

    [Test]
    public async Task Get_RangesThatBeginElsewhere_TakesTheWholeAgain()
    {
        Hub.Sending = async (context, contents) =>
        {
            int from = From(context);
            if (from == 0 && Hub.ContentRequests.Count > 1)
            {
                return false;
            }

            context.Response.StatusCode = from > 0 ? 206 : 200;
            context.Response.Headers.ContentRange = from > 0 ? $"bytes 5-{contents.Length - 1}/{contents.Length}" : default;
            context.Response.ContentLength = from > 0 ? contents.Length - 5 : contents.Length;
            await context.Response.Body.WriteAsync(contents.AsMemory(from > 0 ? 5 : 0, 60_000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(20);
            context.Abort();
            return true;
        };

        await AssertArrivesAsync();
    }

    [Test]
    public async Task Get_416ForAPartThatIsThere_BeginsAnew()
    {
        Leave(Contents[..50_000]);
        Hub.Sending = (context, _) =>
        {
            context.Response.StatusCode = From(context) > 0 ? 416 : 200;
            return Task.FromResult(From(context) > 0);
        };

        await AssertArrivesAsync();
    }

    [TestCase(50_000, Description = "wrong bytes")]
    [TestCase(200_000, Description = "as long as the file")]
    [TestCase(300_000, Description = "longer than the file")]
    public async Task Get_OverAPartThatIsWrong_EndsRight(int length)
    {
        Leave(Bytes("something else", length));

        await AssertArrivesAsync();
    }

    [Test]
    public void Get_WrongBytes_IsRefusedAndNothingKept()
    {
        byte[] wrong = [.. Contents];
        wrong[123_456] ^= 1;
        Hub.Sending = async (context, _) =>
        {
            await SendAsync(context, wrong, From(context), wrong.Length - From(context));
            return true;
        };

        AssertFails($"it must be sha256:{FakeHub.Sha256(Contents)}");
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(2), "once more, since the wrong part could have been an earlier attempt's");
    }

    [Test]
    public async Task Get_429WithRetryAfter_WaitsAsLong()
    {
        RecordingClock clock = new();
        Timing = Timing with { Clock = clock };
        int requests = 0;
        Hub.Sending = (context, _) =>
        {
            bool isBusy = requests++ == 0;
            context.Response.StatusCode = isBusy ? 429 : 200;
            context.Response.Headers.RetryAfter = isBusy ? "7" : default;
            return Task.FromResult(isBusy);
        };

        await AssertArrivesAsync();

        Assert.That(clock.Pauses, Does.Contain(TimeSpan.FromSeconds(7)));
        Assert.That(Progress.All.Select(report => report.Note).OfType<string>(), Has.Some.Contains("busy (429)"));
    }

    [Test]
    public async Task Get_503FromTheList_TriesAgainWithGrowingPauses()
    {
        RecordingClock clock = new();
        Timing = new HubTiming { Clock = clock };
        int requests = 0;
        Hub.Before = context =>
        {
            bool isBusy = context.Request.Path.StartsWithSegments("/api") && requests++ < 5;
            context.Response.StatusCode = isBusy ? 503 : 200;
            return Task.FromResult(isBusy);
        };

        await AssertArrivesAsync();

        Assert.That(clock.Pauses, Has.Count.EqualTo(5));
        Assert.That(clock.Pauses.Max(), Is.GreaterThan(clock.Pauses.Min() * 2));
        Assert.That(clock.Pauses.Distinct().Count(), Is.EqualTo(5), "there is chance in them");
    }

    [Test]
    public void Get_RetryAfterOfADay_IsAnErrorThatSaysSo()
    {
        Hub.Sending = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "86400";
            return Task.FromResult(true);
        };

        AssertFails("in 1440 minutes");
    }

    [Test]
    public async Task Get_ASlowDrip_Arrives()
    {
        byte[] small = Contents[..300];
        Hub.Repositories[Name].Files["lora.safetensors"] = small;
        Hub.Sending = async (context, contents) =>
        {
            context.Response.ContentLength = contents.Length;
            for (int sent = 0; sent < contents.Length; sent += 10)
            {
                await context.Response.Body.WriteAsync(contents.AsMemory(sent, 10));
                await context.Response.Body.FlushAsync();
                await Task.Delay(1);
            }

            return true;
        };

        Assert.That(await File.ReadAllBytesAsync(await Store().GetLoraAsync(Name)), Is.EqualTo(small));
    }

    [Test]
    public async Task Get_Silence_IsBrokenOff()
    {
        Timing = Timing with { Stall = TimeSpan.FromMilliseconds(300) };
        int requests = 0;
        Hub.Sending = async (context, contents) =>
        {
            if (requests++ > 0)
            {
                return false;
            }

            await SendAsync(context, contents, 0, 1_000);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        await AssertArrivesAsync();
    }

    [Test]
    public async Task Get_Gzip_IsUnpacked()
    {
        Hub.Sending = async (context, contents) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using GZipStream zipped = new(context.Response.Body, CompressionLevel.Fastest);
            await zipped.WriteAsync(contents);
            return true;
        };

        await AssertArrivesAsync();
    }

    [Test]
    public void Get_AGzipBomb_StopsAtTheSizeOfTheFile()
    {
        Hub.Sending = async (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using GZipStream zipped = new(context.Response.Body, CompressionLevel.Fastest);
            byte[] nothing = new byte[1024 * 1024];
            for (int megabytes = 0; megabytes < 1024 && !context.RequestAborted.IsCancellationRequested; megabytes++)
            {
                await zipped.WriteAsync(nothing);
            }

            return true;
        };

        AssertFails("sends more than the 200000 bytes");
    }

    [TestCase(199_999)]
    [TestCase(200_001)]
    public void Get_AnotherLength_IsRefusedBeforeItComes(int length)
    {
        Hub.Sending = async (context, _) =>
        {
            context.Response.ContentType = "text/html";
            await SendAsync(context, new byte[length], 0, length);
            return true;
        };

        AssertFails($"sends {length} bytes of text/html");
    }

    [Test]
    public void Get_MoreThanWasSaid_IsRefused()
    {
        Hub.Sending = async (context, contents) =>
        {
            // Without a length: the client has to count.
            await context.Response.Body.WriteAsync(contents);
            await context.Response.Body.WriteAsync(new byte[] { 1 });
            return true;
        };

        AssertFails("sends more than the 200000 bytes");
    }

    [Test]
    public void Get_EndlessRedirects_EndInAnError()
    {
        Hub.Before = context =>
        {
            bool isContents = context.Request.Path.StartsWithSegments("/contents");
            context.Response.StatusCode = isContents ? 302 : 200;
            context.Response.Headers.Location = isContents ? $"{Hub.Contents}contents/{Guid.NewGuid()}" : default;
            return Task.FromResult(isContents);
        };

        AssertFails("more than 8 times");
        Assert.That(Hub.Requests, Has.Count.LessThan(20));
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://127.0.0.1/x")]
    [TestCase(null)]
    public void Get_ARedirectToNoAddress_IsRefused(string? location)
    {
        Hub.Before = context =>
        {
            bool isContents = context.Request.Path.StartsWithSegments("/contents");
            context.Response.StatusCode = isContents ? 302 : 200;
            context.Response.Headers.Location = isContents ? location : default;
            return Task.FromResult(isContents);
        };

        AssertFails("leads to no address");
    }

    [Test]
    public async Task Get_ByARedirect_TakesTheTokenToTheHubAlone()
    {
        await AssertArrivesAsync();

        Assert.That(Hub.Requests.Where(request => request.Host == $"{Hub.Address.Port}").Select(request => request.Authorization), Is.All.EqualTo("Bearer hf_secret").And.Not.Empty);
        Assert.That(Hub.Requests.Where(request => request.Host == $"{Hub.Contents.Port}").Select(request => request.Authorization), Is.All.Null.And.Not.Empty);
    }

    [TestCase("https://hub.example/a", "http://cdn.example/b")]
    public void Next_FromAnEncryptedToAnOpenConnection_IsRefused(string from, string to) =>
        Assert.That(() => HubClient.Next(new Uri(from), new Uri(to), new Uri(from)), Throws.TypeOf<DownloadException>().With.Message.Contains("that is not followed"));

    [TestCase("/b", "https://hub.example/b")]
    [TestCase("//cdn.example/b", "https://cdn.example/b")]
    [TestCase("c?x=1", "https://hub.example/a/c?x=1")]
    public void Next_OfARelativeAddress_IsResolved(string location, string expected) =>
        Assert.That(HubClient.Next(new Uri("https://hub.example/a/b"), new Uri(location, UriKind.RelativeOrAbsolute), new Uri("https://hub.example/a/b")), Is.EqualTo(new Uri(expected)));

    [Test]
    public async Task Get_AnUntrustedCertificate_IsRefusedAtOnce()
    {
        await using FakeHub encrypted = await FakeHub.StartAsync(isEncrypted: true);
        Settings = Settings with { Endpoint = encrypted.Address };

        AssertFails("cannot be trusted");
        Assert.That(encrypted.Requests, Is.Empty, "not even the token was sent");
    }

    [TestCase("../../../evil.safetensors")]
    [TestCase("/tmp/evil.safetensors")]
    [TestCase(@"..\evil.safetensors")]
    [TestCase("C:evil.safetensors")]
    [TestCase("a/\u0000.safetensors")]
    public void Get_AListThatLeadsOutOfItsFolder_IsRefusedBeforeAnythingComes(string path)
    {
        Hub.Repositories[Name].Files[path] = [1];

        AssertFails("leads out of its folder");
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [TestCase("../../..", "names no commit")]
    [TestCase("main", "names no commit")]
    [TestCase("", "names no commit")]
    public void Get_AListWithoutACommit_IsRefused(string commit, string message)
    {
        Hub.Repositories[Name] = new FakeRepository(commit, Hub.Repositories[Name].Files);

        AssertFails(message);
    }

    [TestCase("<html>log in</html>", "a page to log in")]
    [TestCase("", "a page to log in")]
    [TestCase("[]", "names no commit")]
    [TestCase("7", "names no commit")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567"}""", "names no files")]
    [TestCase("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":{}}""", "names no files")]
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
    public async Task Get_AListThatNestsWithoutEnd_IsRefused()
    {
        Hub.Before = async context =>
        {
            await context.Response.WriteAsync(string.Concat(Enumerable.Repeat("[", 100_000)));
            return true;
        };

        AssertFails("something else than a list");
        await Task.CompletedTask;
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

        AssertFails("answers with more than");
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

        Assert.That(async () => await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("than the one released"));
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

        Assert.That(async () => await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("is not what it should be"));
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

        AssertFails("needs 200000 bytes more");
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [TestCase("nobody/nothing", "has nothing of that name, or does not show it")]
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

        AssertFails("agree to their terms");
    }

    [Test]
    public async Task Get_Cancelled_StopsAndKeepsWhatCame()
    {
        using CancellationTokenSource source = new();
        Hub.Sending = async (context, contents) =>
        {
            if (From(context) > 0)
            {
                return false;
            }

            await SendAsync(context, contents, 0, 100_000);
            await Task.Delay(50);
            await source.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        Assert.That(async () => await Store().GetLoraAsync(Name, source.Token), Throws.InstanceOf<OperationCanceledException>());
        long kept = Unfinished().Sum(path => new FileInfo(path).Length);
        await AssertArrivesAsync();

        Assert.That(Hub.ContentRequests[^1].Range, Is.EqualTo($"bytes={kept}-"));
    }

    /// <summary>Leaves a part of the file behind, as an attempt that was killed does.</summary>
    private void Leave(byte[] part)
    {
        string blobs = Directory.CreateDirectory(Path.Combine(Cache.Repository(Name), "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.Sha256(Contents) + ".incomplete"), part);
    }

    /// <summary>A clock that does not wait, and keeps for how long it should have.</summary>
    private sealed class RecordingClock : TimeProvider
    {
        private readonly List<TimeSpan> _pauses = [];

        public IReadOnlyList<TimeSpan> Pauses
        {
            get
            {
                lock (_pauses)
                {
                    return [.. _pauses];
                }
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_pauses)
            {
                _pauses.Add(dueTime);
            }

            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
