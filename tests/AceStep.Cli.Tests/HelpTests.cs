namespace AceStep.Cli.Tests;

/// <summary>Every command and every option is explained by the program itself.</summary>
public sealed class HelpTests
{
    private static readonly string[] Shared =
    [
        "--checkpoint", "--prompt", "--lyrics", "--lyrics-file", "--steps", "--seed", "--batch", "--scheduler", "--guidance-scale", "--omega", "--own-steps", "--device", "--precision",
        "--threads", "--output", "--sample-rate", "--sample-format", "--json", "--quiet", "--save-latents", "--lora", "--offline", "--format", "--memory", "--decode", "--normalize", "--title", "--lyric-vocab",
    ];

    private static readonly string[] Guided =
    [
        "--guidance", "--guidance-scale-text", "--guidance-scale-lyric", "--guidance-interval", "--guidance-decay", "--min-guidance-scale", "--no-erg-tag", "--no-erg-lyric", "--no-erg-diffusion",
    ];

    private static IEnumerable<TestCaseData> Commands()
    {
        yield return Case("generate", [.. Shared, .. Guided, "--duration"]);
        yield return Case("vary", [.. Shared, .. Guided, "--duration", "--variation-seed", "--strength"]);
        yield return Case("audio2audio", [.. Shared, .. Guided, "--source", "--strength"]);
        yield return Case("continue", [.. Shared, .. Guided, "--source", "--before", "--after", "--variation-seed", "--strength"]);
        yield return Case("inpaint", [.. Shared, .. Guided, "--source", "--start", "--end", "--variation-seed", "--strength"]);
        yield return Case("restyle", [.. Shared, "--source", "--target-prompt", "--target-lyrics", "--from", "--to", "--average", "--variation-seed"]);
        yield return Case("accompany", [.. Shared, .. Guided, "--source", "--style", "--keep-vocals"]);
        yield return Case("info", ["CHECKPOINT", "--json"]);
        yield return Case("download", ["NAME", "--to", "--json"]);
        yield return Case("models", ["--remove", "--all", "--json"]);
        yield return Case("inspect", ["FILE", "--png", "--json"]);
        yield return Case("lyrics", ["FILE", "--vocab", "--json"]);
        yield return Case("doctor", ["--json"]);

        static TestCaseData Case(string command, string[] words) => new TestCaseData(command, words).SetArgDisplayNames(command);
    }

    [TestCaseSource(nameof(Commands))]
    public void Help_OfACommand_NamesEveryOption(string command, string[] words)
    {
        ProcessResult result = AceStepProcess.Run(command, "--help").Returning(0);

        string[] found = result.Output.Split([' ', ',', '\n', '\r', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        Assert.That(words.Except(found), Is.Empty);
    }

    [Test]
    public void Help_OfTheProgram_IsShortAndNamesEveryCommand()
    {
        ProcessResult result = AceStepProcess.Run("--help").Returning(0);

        foreach (TestCaseData command in Commands())
        {
            Assert.That(result.Output, Does.Contain($"  {command.Arguments[0]} "));
        }

        Assert.That(result.Output.Split('\n'), Has.Length.LessThan(30));
    }

    [Test]
    public void Help_OfAnArgumentWithALongName_KeepsItApartFromItsText() =>
        Assert.That(AceStepProcess.Run("info", "--help").Returning(0).Output, Does.Match("\\n  CHECKPOINT  +A folder"));

    [Test]
    public void Help_OfTheTasks_TakesRangesAndDefaultsFromTheCapabilities()
    {
        foreach (TaskCapability task in MusicPipeline.Capabilities.Tasks)
        {
            string help = Collapse(AceStepProcess.Run(task.Command, "--help").Returning(0).Output);
            foreach (FieldCapability field in task.Fields.Where(field => field.Default != "true"))
            {
                Assert.That(help, Does.Contain(Collapse(field.Description)), $"{task.Command}: {field.Name}");
                if (field is { Choices.Count: 0, Unit: not "characters", Range.Length: > 0 })
                {
                    Assert.That(help, Does.Contain($"{Collapse(field.Description)} {char.ToUpperInvariant(field.Range[0])}{field.Range[1..]}"), $"{task.Command}: {field.Name}");
                }
            }
        }

        static string Collapse(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
