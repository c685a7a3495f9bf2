namespace AceStep.Fuzz.Tests;

/// <summary>Every door keeps its promise for the corpus and for what seeded damage makes of it; eng/fuzz.sh goes further.</summary>
public sealed class TargetTests
{
    private const int LargestInput = 4096;

    /// <summary>About three seconds each: these write and read files, or run a whole server.</summary>
    private static readonly Dictionary<string, int> Slow = new()
    {
        ["safetensors"] = 4000, ["latents"] = 2000, ["lora"] = 6000, ["lyrics"] = 3000, ["request-json"] = 6000, ["hub-answers"] = 3000, ["http"] = 1500, ["prompt"] = 6000,
    };

    private const int Usual = 12_000;

    private static IEnumerable<string> Names => AllTargets.All.Select(target => target.Name);

    [TestCaseSource(nameof(Names))]
    public void Read_CorpusAndDamagedInputs_AreReadOrRefused(string name)
    {
        int count = Slow.GetValueOrDefault(name, Usual);
        FuzzProgram.AssertKept(FuzzProgram.Run(["run", name, "0", $"{count}"]), count - 1);
    }

    [TestCaseSource(nameof(Names))]
    public void Corpus_OfEachTarget_IsSmallAndHasBothKinds(string name)
    {
        FuzzTarget target = AllTargets.Of(name);
        IReadOnlyList<(string Name, byte[] Input)> corpus = Corpus.Of(target);
        Assert.That(corpus.Select(entry => entry.Input.Length), Has.All.LessThanOrEqualTo(LargestInput));
        Checker checker = new(target);
        checker.WarmUp(corpus.Select(entry => entry.Input));
        foreach ((_, byte[] input) in corpus)
        {
            checker.Check(input);
        }

        // A corpus that is refused as a whole never comes behind the door.
        Assert.That(checker.Read, Is.GreaterThanOrEqualTo(3));
    }
}
