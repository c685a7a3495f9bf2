using System.Diagnostics;

namespace AceStep.Core.Tests;

/// <summary>What is looked for ends a process, or is counted for the whole of one: each of these is a process of its own.</summary>
public sealed class StressTests
{
    private static readonly string NanoCheckpoint = Path.Combine(ReferenceData.RepositoryRoot, "checkpoints", "nano");

    /// <summary>Collections meanwhile do a song no harm: docs/torchsharp.md.</summary>
    [Test]
    public Task Generate_EveryTaskDuringAThousandCollections_NeverFails() => RunAsync(["collections", ReferenceData.Require("checkpoint-tiny"), "1000"]);

    /// <summary>The short form of the soak of docs/reliability.md: counts, and the same bits at the end.</summary>
    [Test]
    public Task Generate_ThirtySongsAmongFailures_LeavesNothingBehind()
    {
        RequireLinux("counts threads and handles");
        return RunAsync(["soak", ReferenceData.Require("checkpoint-tiny"), "30"]);
    }

    [Test]
    [Explicit("the C library's own stores decide where memory ends: docs/reliability.md")]
    public Task Generate_MemoryEndsInEachStage_IsAnErrorThatNamesIt()
    {
        RequireLinux("bounds its memory");
        return RunAsync(["memory", NanoCheckpoint], ("DOTNET_EnableWriteXorExecute", "0"), ("DOTNET_TieredCompilation", "0"), ("MALLOC_ARENA_MAX", "1"));
    }

    [Test]
    public Task Generate_HeapEndsWhileReadingDecodingAndWriting_IsAnError() =>
        RunAsync(["heap", NanoCheckpoint], ("DOTNET_GCHeapHardLimit", "0x9000000"));

    private static void RequireLinux(string does)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore($"This {does} as Linux alone lets it.");
        }
    }

    private static async Task RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "AceStep.Core.Stress.dll");
        ProcessStartInfo start = new(host, ["exec", program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        TestContext.Out.WriteLine(await output);
        TestContext.Out.WriteLine(errors);
        Assert.That(process.ExitCode, Is.Zero, $"the exit status; the program wrote: {await output}{errors}");
    }
}
