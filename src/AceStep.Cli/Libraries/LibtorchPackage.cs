using System.Runtime.InteropServices;
using System.Text.Json;

namespace AceStep.Cli.Libraries;

/// <summary>The NuGet package with libtorch for a platform, and the hash of its contents.</summary>
/// <param name="Platform">NuGet's name of the platform.</param>
/// <param name="Bytes">The size of the download.</param>
/// <param name="ContentHash">NuGet's hash of the package's contents (SHA-512), which does not depend on signatures.</param>
internal sealed record LibtorchPackage(string Platform, long Bytes, string ContentHash)
{
    /// <summary>The version of libtorch that this program's TorchSharp is built for.</summary>
    public const string Version = "2.10.0";

    /// <summary>The packages for all platforms that TorchSharp supports.</summary>
    public static IReadOnlyList<LibtorchPackage> All { get; } =
    [
        new("linux-x64", 128_200_806, "YGd/F5T77Urmui3LeXOgXP8xqY+RpSZFcMBwV+tBDYMMtxppKyi8O4ajnWSNSmlSctr6KGvSmfGRhmxRGYfbuA=="),
        new("osx-arm64", 56_910_439, "i8aTC3F+7JI65Jdr4MfgdVdZpFU/FCn2G1b/yc4Z8FauDgpc2cji3mwDfQy+3KdD+rpDBgCiAdqs8o0v7mDNXw=="),
        new("win-arm64", 41_962_447, "GCJWQsvmhvAE36CzLwIDRdWw+GWWf+C1UWqWtTlZg9wlmA3YAcvY4YGHl2BfZuRt64mScxwYU49Q/jybC+qogQ=="),
        new("win-x64", 79_854_046, "Gr1gCbueixwIQEnWiMXyAs4/uAFBar03K+AxZm9BY3t17MFaX9rEIe9Vxz+Cguo9G6dXXOeGAO3W1OEhax74Mw=="),
    ];

    /// <summary>The package for this machine; null if TorchSharp does not support its platform.</summary>
    public static LibtorchPackage? OfThisSystem { get; } = All.FirstOrDefault(package => package.Platform == PlatformName());

    /// <summary>The package's name.</summary>
    public string Id => $"libtorch-cpu-{Platform}";

    /// <summary>NuGet's package folder, unless its configuration says otherwise.</summary>
    public static string UsualFolder => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The folder of the libraries below a package folder; null if the package is missing or has another hash.</summary>
    public string? FindIn(string packages)
    {
        string folder = Path.Combine(packages, Id, Version);
        string libraries = Path.Combine(folder, "runtimes", Platform, "native");
        return Directory.Exists(libraries) && ReadHash(Path.Combine(folder, ".nupkg.metadata")) == ContentHash ? libraries : null;
    }

    /// <summary>The hash that NuGet wrote when it unpacked a package; null if there is none.</summary>
    private static string? ReadHash(string metadata)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(metadata));
            return document.RootElement.GetProperty("contentHash").GetString();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string PlatformName()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsLinux() ? "linux" : "other";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }
}
