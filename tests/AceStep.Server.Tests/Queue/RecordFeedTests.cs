using AceStep.Server.Queue;

namespace AceStep.Server.Tests.Queue;

/// <summary>What watchers hear, however the changes and their looks fall together.</summary>
public sealed class RecordFeedTests
{
    [Test]
    public async Task TakeAsync_WhileOthersPost_AlwaysHasSomething_AndTheLatestInTheEnd()
    {
        const int Posts = 200_000;
        RecordFeed feed = new();
        using RecordFeed.Mailbox mailbox = feed.Subscribe("a");
        Task posting = Task.Run(() =>
        {
            for (int post = 1; post <= Posts; post++)
            {
                feed.Publish(new PredictionRecord { Job = Jobs.Create("a"), Ticket = post });
            }
        });

        PredictionRecord latest;
        do
        {
            latest = (await mailbox.TakeAsync(CancellationToken.None)).Single();
        }
        while (latest.Ticket < Posts);

        await posting;
        Assert.That(latest.Ticket, Is.EqualTo(Posts));
    }
}
