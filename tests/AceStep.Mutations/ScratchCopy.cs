using System.Diagnostics;

namespace AceStep.Mutations;

/// <summary>A copy of the repository's last commit, in which mistakes are made, built and tested; gone when it is disposed.</summary>
internal sealed class ScratchCopy : IDisposable
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(20);

    // Style and documentation are not what is tested here.
    private static readonly string[] Build = ["build", "--configuration", "Release", "--nologo", "--verbosity", "quiet", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false"];

    private readonly string _repository;
    private readonly string _folder;

    public ScratchCopy(string repository)
    {
        _repository = repository;
        _folder = Path.Combine(repository, "artifacts", "mutations");
        string commit = Require(Run("git", repository, "rev-parse", "HEAD"), "git").Trim();

        // What an interrupted run has left need not be built again.
        Require(
            Directory.Exists(_folder)
                ? Run("git", _folder, "checkout", "--detach", "--force", "--quiet", commit)
                : Run("git", repository, "worktree", "add", "--detach", "--quiet", _folder, commit),
            "git");
    }

    /// <summary>Builds test projects with all that they need.</summary>
    public void BuildTests(IEnumerable<string> testProjects)
    {
        foreach (string project in testProjects)
        {
            Require(Run("dotnet", _folder, [.. Build, $"tests/{TestName(project)}"]), project);
        }
    }

    /// <summary>Makes a mistake, builds its project and puts that in its place among the tests.</summary>
    /// <returns>What undoes it.</returns>
    /// <exception cref="FormatException">It no longer fits the sources, or does not compile.</exception>
    public IDisposable Make(Mistake mistake)
    {
        Undoing undoing = new();
        try
        {
            foreach (Edit edit in mistake.Edits)
            {
                string path = Path.Combine(_folder, edit.File);
                string text = File.ReadAllText(path);
                undoing.Add(() => File.WriteAllText(path, text));
                File.WriteAllText(path, edit.Apply(text));
            }

            (int exitCode, string output) = Run("dotnet", _folder, [.. Build, $"src/{mistake.Project}", "--no-dependencies", "--no-restore"]);
            if (exitCode != 0)
            {
                throw new FormatException($"\"{mistake.Name}\" does not compile: {output}");
            }

            string library = $"{mistake.Project}.dll";
            string built = Path.Combine(_folder, "src", mistake.Project, "bin", "Release", "net10.0", library);
            foreach (string copy in Directory.EnumerateFiles(Path.Combine(_folder, "tests"), library, SearchOption.AllDirectories).Where(IsUsedByTests).ToArray())
            {
                byte[] right = File.ReadAllBytes(copy);
                undoing.Add(() => File.WriteAllBytes(copy, right));
                File.Copy(built, copy, overwrite: true);
            }

            return undoing;
        }
        catch
        {
            undoing.Dispose();
            throw;
        }
    }

    /// <summary>Runs tests.</summary>
    /// <param name="project">The test project.</param>
    /// <param name="names">Parts of the tests' full names; none for all.</param>
    /// <returns>The first test that failed, or that they did not end; null where all passed.</returns>
    public string? FirstFailure(string project, params IReadOnlyList<string> names)
    {
        // The test that every mistake still fits the sources fails with each of them.
        string filter = "FullyQualifiedName!~MistakeTests" + (names.Count > 0 ? $"&({string.Join('|', names.Select(name => $"FullyQualifiedName~{name}"))})" : "");
        (int exitCode, string output) = Run(
            "dotnet", _folder,
            "test", $"tests/{TestName(project)}/bin/Release/net10.0/{TestName(project)}.dll", "--nologo", "--logger", "console;verbosity=minimal", "--filter", filter);
        if (exitCode == 0)
        {
            return output.Contains("Passed!", StringComparison.Ordinal) ? null : throw new FormatException($"{project} has no tests that are called {string.Join(" or ", names)}.");
        }

        string? failed = output.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("Failed ", StringComparison.Ordinal));
        return failed is null ? (exitCode == TimedOut ? "they did not end" : "the process ended") : failed["Failed ".Length..].Split('(', ' ')[0];
    }

    public void Dispose() => Run("git", _repository, "worktree", "remove", "--force", _folder);

    private const int TimedOut = -1;

    private static string TestName(string project) => $"AceStep.{project}.Tests";

    private static bool IsUsedByTests(string path) => path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    private static string Require((int ExitCode, string Output) result, string what) =>
        result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{what}: {result.Output}");

    private static (int ExitCode, string Output) Run(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // Build servers would outlive this program, and hold its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        bool ended = process.WaitForExit(LongestRun);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        return (ended ? process.ExitCode : TimedOut, output.Result + errors.Result);
    }

    /// <summary>Undoes what was done, the last first.</summary>
    private sealed class Undoing : IDisposable
    {
        private readonly Stack<Action> _actions = [];

        public void Add(Action action) => _actions.Push(action);

        public void Dispose()
        {
            while (_actions.TryPop(out Action? action))
            {
                action();
            }
        }
    }
}
