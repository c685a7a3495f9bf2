using System.Diagnostics;
using System.Globalization;
using AceStep.Testing;

namespace AceStep.Core.Tests;

/// <summary>Collections meanwhile do a song no harm: docs/torchsharp.md.</summary>
public sealed class CollectionTests
{
    private const int Collections = 1000;

    [Test]
    public async Task Generate_EveryTaskDuringAThousandCollections_NeverFails()
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "AceStep.Core.Stress.dll");
        string checkpoint = ReferenceData.Require("checkpoint-tiny");
        var start = new ProcessStartInfo(host, ["exec", program, checkpoint, Collections.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;

        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        TestContext.Out.WriteLine(errors);
        Assert.That(process.ExitCode, Is.Zero, $"the exit status; the program wrote: {errors}");
    }
}
