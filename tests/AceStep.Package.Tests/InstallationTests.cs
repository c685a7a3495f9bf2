using System.Text.Json;
using AceStep.Audio;

namespace AceStep.Package.Tests;

/// <summary>From packages to a song, outside the repository: the README's program, and the tool.</summary>
[NonParallelizable]
public sealed class InstallationTests
{
    private const string LibtorchVersion = "2.10.0";

    private static readonly string LibtorchId = $"libtorch-cpu-{Platform()}";

    /// <summary>The project that the README's commands make, with its program.</summary>
    [Test]
    public void Program_OfTheReadme_MakesASong()
    {
        RequireLibtorch();
        using TemporaryFolder folder = new();
        // TorchSharp-cpu is a list of libtorch for all systems, 300 MB: where NuGet does not have it, this system's stands for it.
        string torchSharp = Path.Combine(Dotnet.Packages, "torchsharp-cpu");
        string libtorch = Directory.Exists(torchSharp) ? $"""<PackageReference Include="TorchSharp-cpu" Version="0.107.0" />""" : $"""<PackageReference Include="{LibtorchId}" Version="{LibtorchVersion}" />""";
        folder.Write("app/song.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <UseCurrentRuntimeIdentifier>true</UseCurrentRuntimeIdentifier>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="AceStep.Core" Version="{PackageFeed.Version}" />
                <PackageReference Include="AceStep.Demo" Version="{PackageFeed.Version}" />
                {libtorch}
              </ItemGroup>
            </Project>
            """);
        folder.Write("app/Program.cs", Snippet.OfReadme().Code);
        folder.Write("NuGet.config", Sources());
        (string, string)[] environment = [("NUGET_PACKAGES", LinkPackages(folder))];

        Dotnet.Run(folder.File("app"), ["build", "-c", "Release", "--nologo", "-v", "quiet", "-o", folder.File("built")], environment);
        string away = folder.Folder("away");
        Dotnet.Run(away, [folder.File("built", "song.dll")], environment);

        AudioBuffer song = AudioFile.Load(Path.Combine(away, "song.wav"));
        Assert.That(song.Duration.TotalSeconds, Is.EqualTo(10).Within(0.2));
        Assert.That(AudioAnalysis.Of(song).IntegratedLoudness, Is.InRange(-40, -5), "music, neither silence nor noise at full scale");
        Assert.That(SongTags.Of(AudioFile.Probe(Path.Combine(away, "song.wav")).Tags).Seed, Is.EqualTo(42));
    }

    /// <summary>On a machine without libtorch; the package's file serves as its feed.</summary>
    [Test]
    public void Tool_FromTheFeed_FetchesLibtorchOnceAndMakesASong()
    {
        RequireLibtorch();
        using TemporaryFolder machine = new();
        string package = Path.Combine(Dotnet.Packages, LibtorchId, LibtorchVersion, $"{LibtorchId}.{LibtorchVersion}.nupkg");
        if (!File.Exists(package))
        {
            Assert.Ignore($"NuGet has not kept {package}.");
        }

        string feed = machine.Folder("feed");
        File.CreateSymbolicLink(Path.Combine(feed, Path.GetFileName(package)), package);
        (string tool, (string, string)[] environment) = Install(machine, feed);
        string away = machine.Folder("away");

        Outcome doctor = Dotnet.Start(tool, away, ["doctor"], environment).Returning(1);
        Outcome first = Dotnet.Start(tool, away, ["generate", "--duration", "1", "--steps", "1", "--output", "song.wav", "--json"], environment).Returning(0);
        Outcome second = Dotnet.Start(tool, away, ["generate", "--duration", "1", "--steps", "1", "--output", "again.wav"], environment).Returning(0);

        Assert.That(doctor.Error, Does.Contain("libtorch is not installed yet").And.Contain(LibtorchId));
        Assert.That(first.Error, Does.Contain($"Downloading libtorch").And.Contain($"{LibtorchId} {LibtorchVersion}").And.Contain(" MB").And.Contain(machine.File("packages")));
        using JsonDocument report = JsonDocument.Parse(first.Output);
        Assert.That(report.RootElement.GetProperty("is_demonstration").GetBoolean(), Is.True);
        Assert.That(AudioFile.Probe(Path.Combine(away, "song.wav")).Length, Is.EqualTo(AudioFile.Probe(Path.Combine(away, "again.wav")).Length));
        Assert.That(second.Output + second.Error, Does.Not.Contain("Fetching"));
        Assert.That(Directory.EnumerateFileSystemEntries(away).Select(Path.GetFileName), Is.EquivalentTo(new[] { "song.wav", "again.wav" }));
    }

    /// <summary>Somebody's feed has a package of that name that is not the one.</summary>
    [Test]
    public void Tool_WhoseFeedHasAnotherLibtorch_RefusesItByItsHash()
    {
        using TemporaryFolder machine = new();
        string feed = machine.Folder("feed");
        MakePackage(machine, feed);
        (string tool, (string, string)[] environment) = Install(machine, feed);
        string away = machine.Folder("away");

        Outcome outcome = Dotnet.Start(tool, away, ["generate", "--duration", "1", "--steps", "1", "--output", "song.wav"], environment).Returning(1);

        Assert.That(outcome.Error, Does.StartWith("error: libtorch could not be downloaded: ").And.Contain("hash").And.Contain("ACESTEP_LIBTORCH"));
        Assert.That(Directory.EnumerateFileSystemEntries(away), Is.Empty);
        Outcome again = Dotnet.Start(tool, away, ["generate", "--duration", "1", "--steps", "1", "--output", "song.wav"], environment).Returning(1);
        Assert.That(again.Error, Does.Contain("hash"), "what NuGet has unpacked meanwhile is not taken either");
    }

    [Test]
    public void Tool_WhoseFeedHasNoLibtorch_SaysWhatElseToDo()
    {
        using TemporaryFolder machine = new();
        (string tool, (string, string)[] environment) = Install(machine, machine.Folder("feed"));

        Outcome outcome = Dotnet.Start(tool, machine.Folder("away"), ["generate", "--duration", "1", "--steps", "1"], environment).Returning(1);

        Assert.That(outcome.Error, Does.StartWith("error: libtorch could not be downloaded: ").And.Contain(LibtorchId).And.Contain("ACESTEP_LIBTORCH"));
        Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    /// <summary>Installs the tool as the user of a machine that has a feed with libtorch and nothing else.</summary>
    private static (string Tool, (string, string)[] Environment) Install(TemporaryFolder machine, string feed)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Stands for another machine by way of HOME.");
        }

        machine.Write("home/.nuget/NuGet/NuGet.Config", Sources(feed));
        machine.Write("sources.config", Sources(PackageFeed.Folder));
        (string, string)[] environment = [("HOME", machine.File("home")), ("NUGET_PACKAGES", machine.File("packages")), ("XDG_DATA_HOME", machine.Folder("data"))];
        Dotnet.Run(machine.Path, ["tool", "install", "acestep", "--version", PackageFeed.Version, "--tool-path", machine.File("tool"), "--configfile", machine.File("sources.config")], environment);
        return (machine.File("tool", "acestep"), environment);
    }

    /// <summary>NuGet's folder as this machine has it, but for what packages of the repository it may hold.</summary>
    private static string LinkPackages(TemporaryFolder folder)
    {
        string packages = folder.Folder("packages");
        if (!OperatingSystem.IsWindows())
        {
            foreach (string package in Directory.EnumerateDirectories(Dotnet.Packages).Where(package => !Path.GetFileName(package).StartsWith("acestep", StringComparison.OrdinalIgnoreCase)))
            {
                Directory.CreateSymbolicLink(Path.Combine(packages, Path.GetFileName(package)), package);
            }
        }

        return packages;
    }

    /// <summary>The packages of the repository, beside the sources of this machine, or a folder alone.</summary>
    private static string Sources(string? only = null) =>
        $"""
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <packageSources>
            {(only is null ? "" : "<clear />")}
            <add key="acestep-packages" value="{only ?? PackageFeed.Folder}" />
          </packageSources>
        </configuration>
        """;

    /// <summary>A package with libtorch's name and version, and something else inside.</summary>
    private static void MakePackage(TemporaryFolder machine, string feed)
    {
        machine.Write("other/other.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <PackageId>{LibtorchId}</PackageId>
                <Version>{LibtorchVersion}</Version>
              </PropertyGroup>
            </Project>
            """);
        Dotnet.Run(machine.File("other"), ["pack", "--nologo", "-v", "quiet", "-o", feed]);
    }

    private static void RequireLibtorch()
    {
        if (!Directory.Exists(Path.Combine(Dotnet.Packages, LibtorchId, LibtorchVersion)))
        {
            Assert.Ignore($"NuGet's folder {Dotnet.Packages} lacks {LibtorchId} {LibtorchVersion}; this build has another libtorch (TorchBackend).");
        }
    }

    private static string Platform() => OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";
}
