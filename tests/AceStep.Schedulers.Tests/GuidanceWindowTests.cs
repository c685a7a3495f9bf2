namespace AceStep.Schedulers.Tests;

public sealed class GuidanceWindowTests
{
    // int(N * (1 - interval) / 2) and int(N * (interval / 2 + 0.5)) by hand.
    [TestCase(60, 0.5, 15, 45)]
    [TestCase(27, 0.5, 6, 20)]
    [TestCase(8, 1.0, 0, 8)]
    [TestCase(8, 0.0, 4, 4)]
    [TestCase(1, 0.5, 0, 0)]
    [TestCase(3, 0.5, 0, 2)]
    [TestCase(2, 0.5, 0, 1)]
    [TestCase(10, 0.7, 1, 8)]
    public void Constructor_StepsAndInterval_CoverTheMiddle(int steps, double interval, int start, int end)
    {
        GuidanceWindow window = new(steps, interval);

        Assert.Multiple(() =>
        {
            Assert.That(window.Start, Is.EqualTo(start));
            Assert.That(window.End, Is.EqualTo(end));
            Assert.That(Enumerable.Range(-1, steps + 2).Where(window.Contains), Is.EqualTo(Enumerable.Range(start, end - start)));
        });
    }

    [TestCase(0, 0.5, "steps")]
    [TestCase(8, -0.1, "interval must be between 0 and 1")]
    [TestCase(8, 1.1, "interval must be between 0 and 1")]
    [TestCase(8, double.NaN, "interval must be between 0 and 1")]
    public void Constructor_OutOfRange_Throws(int steps, double interval, string rule)
        => Assert.That(() => new GuidanceWindow(steps, interval), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(rule));

    [TestCase(0)]
    [TestCase(-1)]
    public void Scale_NoDecay_Stays(double decay)
        => Assert.That(new GuidanceWindow(8, 0.5).Scale(4, 15, decay, 3), Is.EqualTo(15));

    [TestCase(1.0, new[] { 15.0, 11, 7, 3 })]
    [TestCase(0.5, new[] { 15.0, 13, 11, 9 })]
    public void Scale_Decay_FallsLinearlyOverTheWindow(double decay, double[] expected)
    {
        GuidanceWindow window = new(8, 0.5); // 2, 3, 4, 5

        Assert.That(Enumerable.Range(2, 4).Select(i => window.Scale(i, 15, decay, 3)), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Scale_DecayInAWindowOfOneStep_IsTheGuidanceScale()
    {
        GuidanceWindow window = new(2, 0.5);

        Assert.That(window.End - window.Start, Is.EqualTo(1));
        Assert.That(window.Scale(0, 15, 1, 3), Is.EqualTo(15));
    }

    [TestCase(1)]
    [TestCase(6)]
    public void Scale_OutsideTheWindow_Throws(int evaluation)
        => Assert.That(
            () => new GuidanceWindow(8, 0.5).Scale(evaluation, 15, 1, 3),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("from 2 to before 6"));
}
