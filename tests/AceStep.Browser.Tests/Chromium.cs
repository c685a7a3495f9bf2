using System.Reflection;
using Microsoft.Playwright;

namespace AceStep.Browser.Tests;

/// <summary>The browser of this machine, driven by Playwright. Nothing is downloaded.</summary>
internal static class Chromium
{
    /// <summary>Names the browser, where it is not on the path.</summary>
    private const string Variable = "ACESTEP_CHROMIUM";

    private static readonly string[] Names = ["chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "google-chrome-stable"];

    /// <summary>The browser's program; skips the tests where there is none that runs.</summary>
    public static string Require()
    {
        string? program = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Names.Select(Tool.PathOf).FirstOrDefault(path => path is not null);
        if (program is null)
        {
            Assert.Ignore($"No browser is installed: none of {string.Join(", ", Names)} is on the path, and {Variable} names none (Debian: chromium-headless-shell).");
        }

        try
        {
            // Some systems have a script of that name that only says how to install one.
            Tool.Run(program, "--version");
        }
        catch (Exception error) when (error is AssertionException or System.ComponentModel.Win32Exception)
        {
            Assert.Ignore($"The browser {program} does not run: {error.Message}");
        }

        return program;
    }

    /// <summary>Starts it without a window.</summary>
    public static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync(string program)
    {
        string driver = typeof(Chromium).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "PlaywrightDriver").Value!;
        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", driver);
        IPlaywright playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program }));
    }
}
