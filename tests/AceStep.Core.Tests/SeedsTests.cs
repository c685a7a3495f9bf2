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

    [TestCase("1", new long[] { 1 })]
    [TestCase(" 1 ,2,  3", new long[] { 1, 2, 3 })]
    [TestCase("-1, 9223372036854775807", new long[] { -1, long.MaxValue })]
    public void TryParse_AsPeopleWriteThem_ReadsThem(string text, long[] expected)
    {
        Assert.That(Seeds.TryParse(text, out Seeds? seeds, out _), Is.True);
        Assert.That(seeds, Is.EqualTo(Seeds.Create(expected)));
    }

    [TestCase("9223372036854775808", "63 bits")]
    [TestCase("1,18446744073709551616", "63 bits")]
    [TestCase("0x2A", "such as 1,2,3")]
    [TestCase("1 2", "such as 1,2,3")]
    [TestCase("1,,2", "such as 1,2,3")]
    [TestCase("1e3", "such as 1,2,3")]
    [TestCase("", "such as 1,2,3")]
    public void TryParse_OfAnythingElse_SaysTheRule(string text, string rule)
    {
        Assert.That(Seeds.TryParse(text, out Seeds? seeds, out string said), Is.False);
        Assert.That(seeds, Is.Null);
        Assert.That(said, Does.Contain(rule));
    }

    [Test]
    public void Equals_SameValues_IsTrue()
    {
        Seeds first = [1, 2];

        Assert.That(first, Is.EqualTo(Seeds.Create([1, 2])));
        Assert.That(first, Is.Not.EqualTo(Seeds.Create([2, 1])));
    }
}
