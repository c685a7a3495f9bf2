using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>Connections that break, stall or are refused for a while.</summary>
internal sealed class BrokenConnectionTests : HostileHubFixture
{
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
