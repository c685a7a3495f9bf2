namespace AceStep.Lyrics.Tests;

/// <summary>Counts exact cases, prints the count and shows the first that differ.</summary>
internal sealed class Tally(string name)
{
    private const int MostShown = 12;
    private readonly List<string> _differences = [];

    public int Total { get; private set; }

    public int Exact => Total - _differences.Count;

    public void Compare(string what, string? actual, string? expected) =>
        Count(actual == expected, $"{what}\n    is       {actual ?? "(null)"}\n    expected {expected ?? "(null)"}");

    public void Compare(string what, IReadOnlyList<int>? actual, IReadOnlyList<int>? expected) =>
        Compare(what, Show(actual), Show(expected));

    public void Count(bool exact, string difference)
    {
        Total++;
        if (!exact)
        {
            _differences.Add(difference);
        }
    }

    /// <summary>Prints the count and fails unless all cases, or at least the given share of them, are exact.</summary>
    public void Demand(double share = 1)
    {
        TestContext.Out.WriteLine($"{name}: {Exact} of {Total} exact");
        Assert.That(Total, Is.Positive, $"{name} has no cases");
        Assert.That(
            Exact,
            Is.GreaterThanOrEqualTo((int)Math.Ceiling(share * Total)),
            () => $"{name}: {_differences.Count} of {Total} differ\n" + string.Join('\n', _differences.Take(MostShown)));
    }

    private static string? Show(IReadOnlyList<int>? ids) => ids is null ? null : string.Join(' ', ids);
}
