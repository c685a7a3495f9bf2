namespace AceStep.Audio.Pictures;

/// <summary>A colour.</summary>
internal readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    /// <summary>From black through violet and orange to pale yellow: even in brightness, also for the colour-blind.</summary>
    private static readonly Rgb[] Heat =
    [
        new(0, 0, 4), new(40, 11, 84), new(101, 21, 110), new(159, 42, 99), new(212, 72, 66), new(245, 125, 21), new(250, 193, 39), new(252, 255, 164),
    ];

    /// <summary>The colour of a value from 0 to 1; beyond, the colour of the end.</summary>
    public static Rgb OfHeat(double value)
    {
        double place = Math.Clamp(value, 0, 1) * (Heat.Length - 1);
        int index = Math.Min((int)place, Heat.Length - 2);
        return Between(Heat[index], Heat[index + 1], place - index);
    }

    private static Rgb Between(Rgb first, Rgb second, double share) => new(
        Between(first.Red, second.Red, share), Between(first.Green, second.Green, share), Between(first.Blue, second.Blue, share));

    private static byte Between(byte first, byte second, double share) => (byte)Math.Round(first + (share * (second - first)));
}
