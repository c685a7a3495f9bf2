namespace AceStep.Core.Tests;

public sealed class SeedsTests
{
    [Test]
    public void Resolve_OneSeed_IsEveryItems() => Assert.That(((Seeds)7).Resolve(3), Is.EqualTo(new long[] { 7, 7, 7 }));

    [Test]
    public void Resolve_FewerThanItems_RepeatsTheLast() => Assert.That(Seeds.Create([1, 2]).Resolve(4), Is.EqualTo(new long[] { 1, 2, 2, 2 }));

    [Test]
    public void Resolve_None_DrawsAnotherForEachItem()
    {
        long[] drawn = Seeds.Random.Resolve(8);

        Assert.That(drawn, Is.Unique.And.All.InRange(0, uint.MaxValue));
    }

    [Test]
    public void Equals_SameValues_IsTrue()
    {
        Seeds first = [1, 2];

        Assert.That(first, Is.EqualTo(Seeds.Create([1, 2])));
        Assert.That(first, Is.Not.EqualTo(Seeds.Create([2, 1])));
    }
}
