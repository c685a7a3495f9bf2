namespace AceStep.Fuzz.Tests;

/// <summary>What finds faults is held against faults.</summary>
public sealed class CheckerTests
{
    [Test]
    public void Check_ReadAndRefusedInputs_AreCounted()
    {
        Checker checker = new(new Door(input => _ = input.Length > 0 ? 0 : throw new FormatException()));
        checker.Check([1]);
        checker.Check([]);
        checker.Check([]);
        Assert.That((checker.Read, checker.Refused), Is.EqualTo((1, 2)));
    }

    [Test]
    public void Check_AnotherErrorThanDocumented_ComesThrough() =>
        Assert.That(() => new Checker(new Door(_ => throw new InvalidOperationException())).Check([1]), Throws.InvalidOperationException);

    [Test]
    public void Check_MemoryBeyondTheInputs_IsFound()
    {
        Checker checker = new(new Door(input => GC.KeepAlive(new byte[(10 * input.Length) + (300 << 10)])));
        Assert.That(() => checker.Check(new byte[1000]), Throws.TypeOf<BrokenRuleException>().With.Message.Contains("allocated for an input of 1000"));
    }

    [Test]
    public void Check_MemoryThatTheInputExplains_IsLeftAlone()
    {
        Checker checker = new(new Door(input => GC.KeepAlive(new byte[9 * input.Length])));
        Assert.That(() => checker.Check(new byte[1 << 20]), Throws.Nothing);
    }

    [Test]
    public void Check_MemoryOfOtherThreads_CountsWhereTheTargetUsesThem()
    {
        Checker checker = new(new Door(_ => Task.Run(() => GC.KeepAlive(new byte[4 << 20])).Wait(), usesOtherThreads: true));
        Assert.That(() => checker.Check([1]), Throws.TypeOf<BrokenRuleException>());
    }

    [Test]
    public void Check_AnInputThatKeepsTheProcessorBusy_IsFound()
    {
        TimeSpan longest = TimeSpan.FromMilliseconds(20);
        Checker checker = new(
            new Door(_ =>
            {
                TimeSpan end = Environment.CpuUsage.TotalTime + (3 * longest);
                while (Environment.CpuUsage.TotalTime < end)
                {
                }
            }),
            longest);
        Assert.That(() => checker.Check([1]), Throws.TypeOf<BrokenRuleException>().With.Message.Contains("s for an input of 1 bytes"));
    }

    [Test]
    public void Damage_OfOneNumber_IsAlwaysTheSame()
    {
        byte[] input = [.. Enumerable.Range(0, 200).Select(value => (byte)value)];
        byte[][] damaged = [.. Enumerable.Range(0, 200).Select(number => Mutator.Damage(input, [1, 2, 3], ["word"], number))];
        for (int number = 0; number < damaged.Length; number++)
        {
            Assert.That(Mutator.Damage(input, [1, 2, 3], ["word"], number), Is.EqualTo(damaged[number]));
        }

        Assert.That(damaged.Select(Convert.ToHexString).Distinct().Count(), Is.GreaterThan(150), "the numbers differ in what they do");
        Assert.That(input, Is.EqualTo(Enumerable.Range(0, 200).Select(value => (byte)value)), "the input itself is left alone");
    }

    private sealed class Door(Action<byte[]> read, bool usesOtherThreads = false) : FuzzTarget
    {
        public override string Name => "door";

        public override string Reads => "nothing";

        public override bool UsesOtherThreads => usesOtherThreads;

        public override void Read(byte[] input) => read(input);

        public override bool IsRefusal(Exception error) => error is FormatException;
    }
}
