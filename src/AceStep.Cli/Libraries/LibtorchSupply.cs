using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using AceStep.Cli.Terminal;
using AceStep.Models;

namespace AceStep.Cli.Libraries;

/// <summary>
/// Provides libtorch for a program that does not contain it, such as the dotnet tool: uses the package in NuGet's folder. If
/// it is missing, the .NET SDK downloads it, so that NuGet's configured sources and proxies are used.
/// </summary>
internal static class LibtorchSupply
{
    private static readonly string ByHand =
        $"Or set {Libtorch.FolderVariable} to a folder with libtorch {LibtorchPackage.Version}: torch/lib of a PyTorch wheel of that version.";

    /// <summary>Whether libtorch is available without a download. If it is found in NuGet's folder, it will be loaded from there.</summary>
    public static bool IsAtHand
    {
        get
        {
            if (!Libtorch.IsProvided && LibtorchPackage.OfThisSystem?.FindIn(LibtorchPackage.UsualFolder) is { } found)
            {
                Use(found);
            }

            return Libtorch.IsProvided;
        }
    }

    /// <summary>A description of the package that will be downloaded when it is needed; null if none has to be, or there is none for this platform.</summary>
    public static string? Missing => IsAtHand || LibtorchPackage.OfThisSystem is not { } package ? null : Describe(package);

    /// <summary>Downloads libtorch if it is missing, after a message.</summary>
    /// <param name="screen">Shows the message.</param>
    /// <param name="download">With <see cref="DownloadMode.Never"/> nothing is downloaded.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <exception cref="IOException">It cannot be downloaded, or that is not allowed; the message says what to do.</exception>
    public static async Task EnsureAsync(Screen screen, DownloadMode download, CancellationToken cancellationToken)
    {
        // On a platform that TorchSharp does not support, loading libtorch gives the error.
        if (!IsAtHand && LibtorchPackage.OfThisSystem is { } package)
        {
            if (download == DownloadMode.Never)
            {
                throw new IOException($"libtorch is missing, and --offline forbids downloads: {Describe(package)}. {ByHand}");
            }

            screen.Line($"Downloading libtorch, which computes the music, once: {Describe(package)}, to {LibtorchPackage.UsualFolder}.");
            Use(await FetchAsync(package, cancellationToken));
        }
    }

    private static string Describe(LibtorchPackage package) => $"{package.Id} {LibtorchPackage.Version}, {Amounts.Bytes(package.Bytes)}, from your NuGet sources";

    private static void Use(string folder) => Environment.SetEnvironmentVariable(Libtorch.FolderVariable, folder);

    /// <summary>Restores a project that references only this package, with a lock file that has the package's hash.</summary>
    private static async Task<string> FetchAsync(LibtorchPackage package, CancellationToken cancellationToken)
    {
        // In a folder of the user: MSBuild and NuGet also read settings from the folders above, and anyone can write to /tmp.
        string folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "acestep", Path.GetRandomFileName());
        Directory.CreateDirectory(folder);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "libtorch.csproj"), Project(package), cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, "packages.lock.json"), LockFile(package), cancellationToken);
            await RestoreAsync(folder, cancellationToken);
            return FindRestored(package, folder) ?? throw new IOException($"{package.Id} {LibtorchPackage.Version} was downloaded, but does not contain libtorch. {ByHand}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RestoreAsync(string folder, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(DotnetHost(), ["restore", "--locked-mode", "--nologo", "-noAutoResponse", "-p:ImportDirectoryBuildProps=false", "-p:ImportDirectoryBuildTargets=false", "-p:ImportDirectoryPackagesProps=false"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_UI_LANGUAGE"] = "en", ["MSBUILDDISABLENODEREUSE"] = "1" },
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"libtorch is downloaded with the .NET SDK, and {start.FileName} cannot be started: {error.Message}. {ByHand}", error);
        }

        using (process)
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                throw;
            }

            if (process.ExitCode != 0)
            {
                throw new IOException($"libtorch could not be downloaded: {Reason(await output + await errors)} {ByHand}");
            }
        }
    }

    /// <summary>The first error in a restore's output, without its file and line.</summary>
    private static string Reason(string output)
    {
        const string Mark = "error ";
        string line = output.Split('\n').FirstOrDefault(line => line.Contains(Mark, StringComparison.Ordinal)) ?? output;
        int mark = line.IndexOf(Mark, StringComparison.Ordinal);
        string reason = (mark < 0 ? line : line[(mark + Mark.Length)..]).Split(" [")[0].Trim();
        return reason.EndsWith('.') ? reason : reason + ".";
    }

    private static string? FindRestored(LibtorchPackage package, string folder)
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "obj", "project.assets.json")));
        return assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(packages => package.FindIn(packages.Name)).FirstOrDefault(found => found is not null);
    }

    /// <summary>The dotnet host that runs this program; if an SDK is installed, it belongs to it.</summary>
    private static string DotnetHost()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }

    private static string Project(LibtorchPackage package) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
            <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{package.Id}" Version="[{LibtorchPackage.Version}]" />
          </ItemGroup>
        </Project>
        """;

    private static string LockFile(LibtorchPackage package) =>
        $$"""
        {
          "version": 1,
          "dependencies": {
            "net10.0": {
              "{{package.Id}}": {
                "type": "Direct",
                "requested": "[{{LibtorchPackage.Version}}, {{LibtorchPackage.Version}}]",
                "resolved": "{{LibtorchPackage.Version}}",
                "contentHash": "{{package.ContentHash}}"
              }
            }
          }
        }
        """;
}
