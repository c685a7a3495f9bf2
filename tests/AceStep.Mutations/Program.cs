using System.Diagnostics;
using AceStep.Mutations;

// AceStep.Mutations [PART]
//
// Makes each mistake of mistakes.txt (those with PART in their names) in a copy of the last commit, builds it, and runs the
// tests: first those where it is to show, then, where they pass, all of that project or, of what the networks make, all of the
// projects that know them. Prints a table.
// Ends with the number of mistakes that no test has found. A mistake that no longer fits the sources is an error.
if (args.Length > 1)
{
    Console.Error.WriteLine("usage: AceStep.Mutations [PART OF THE MISTAKES' NAMES]");
    return 64;
}

string[] ofNetworks = ["Schedulers", "Models", "Core"];
Mistake[] mistakes = [.. Mistake.ReadAll().Where(mistake => args.Length == 0 || mistake.Name.Contains(args[0], StringComparison.OrdinalIgnoreCase))];
if (mistakes.Length == 0)
{
    Console.Error.WriteLine($"No mistake is called {args[0]}.");
    return 64;
}

string repository = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(repository, "AceStep.sln")))
{
    repository = Path.GetDirectoryName(repository) ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds AceStep.sln.");
}

string[] projects = [.. mistakes.SelectMany(Everywhere).Distinct()];
using ScratchCopy copy = new(repository);
copy.BuildTests(projects);
foreach (string project in projects.Where(project => mistakes.Any(mistake => mistake.TestProject == project)))
{
    if (copy.FirstFailure(project, [.. mistakes.Where(mistake => mistake.TestProject == project).Select(mistake => mistake.TestName).Distinct()]) is { } broken)
    {
        Console.Error.WriteLine($"Without any mistake, {broken} fails.");
        return 65;
    }
}

int survivors = 0;
Console.WriteLine("| mistake | breaks | found by | s |");
Console.WriteLine("|---|---|---|---|");
foreach (Mistake mistake in mistakes)
{
    Stopwatch clock = Stopwatch.StartNew();
    using IDisposable made = copy.Make(mistake);
    string? found = copy.FirstFailure(mistake.TestProject, mistake.TestName);
    foreach (string project in Everywhere(mistake))
    {
        found ??= copy.FirstFailure(project) is { } elsewhere ? $"{elsewhere}, not where it was to show" : null;
    }

    survivors += found is null ? 1 : 0;
    Console.WriteLine($"| {mistake.Name} | {mistake.Breaks} | {found ?? "**nothing**"} | {clock.Elapsed.TotalSeconds:F0} |");
}

Console.WriteLine();
Console.WriteLine($"{mistakes.Length} mistakes, {mistakes.Length - survivors} found, {survivors} not.");
return survivors;

string[] Everywhere(Mistake mistake) => ofNetworks.Contains(mistake.TestProject) ? ofNetworks : [mistake.TestProject];
