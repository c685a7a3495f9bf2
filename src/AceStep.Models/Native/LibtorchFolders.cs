using System.Runtime.InteropServices;
using TorchSharp;

namespace AceStep.Models;

/// <summary>Where TorchSharp's native library and libtorch may lie.</summary>
/// <param name="own">The program's own folders, in the order in which .NET looks through them.</param>
/// <param name="named">The folder that the environment names; null for none.</param>
internal sealed class LibtorchFolders(IReadOnlyList<string> own, string? named)
{
    /// <summary>The file name of libtorch's main library, which every build has.</summary>
    public static string MainLibrary { get; } = LibraryName("torch_cpu");

    /// <summary>The file names of libtorch's libraries, each after those that it needs; the ones for CUDA are only in builds with CUDA.</summary>
    public static IReadOnlyList<string> LibtorchLibraries { get; } =
        [.. new[] { "c10", "c10_cuda", "torch_cpu", "torch_cuda", "torch" }.Select(LibraryName)];

    /// <summary>The file name of a library on this system.</summary>
    public static string LibraryName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    public static LibtorchFolders OfThisProcess()
    {
        string? named = Environment.GetEnvironmentVariable(Libtorch.FolderVariable);
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string platform = Path.Combine("runtimes", $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "native");
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string[] folders = [.. searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), AppContext.BaseDirectory, FolderOfTorchSharp()];
        return new LibtorchFolders([.. folders.SelectMany(folder => new[] { folder, Path.Combine(folder, platform) }).Select(Path.TrimEndingDirectorySeparator).Distinct()], string.IsNullOrEmpty(named) ? null : Path.GetFullPath(named));
    }

    /// <summary>TorchSharp's native library, which the package TorchSharp brings.</summary>
    public string FindBinding()
    {
        string name = LibraryName("LibTorchSharp");
        string folder = own.FirstOrDefault(folder => File.Exists(Path.Combine(folder, name)))
            ?? throw new LibtorchException($"{name}, which the package TorchSharp contains, is in none of the program's folders: {List(own)}.");
        return Path.Combine(folder, name);
    }

    /// <summary>The folder with libtorch.</summary>
    public string FindLibtorch()
    {
        string? carried = own.FirstOrDefault(HoldsLibtorch);
        if (named is null)
        {
            return carried ?? throw new LibtorchException(
                $"{MainLibrary} is in none of the program's folders: {List(own)}. " +
                $"Add the package TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows to the program, or set {Libtorch.FolderVariable} to a folder with libtorch {Libtorch.RequiredVersion}.");
        }

        if (!HoldsLibtorch(named))
        {
            throw new LibtorchException($"{Libtorch.FolderVariable} names {named}, which does not contain {MainLibrary}.");
        }

        // .NET looks beside the program first, and a process cannot hold two of them.
        return carried is null || carried == Path.TrimEndingDirectorySeparator(named)
            ? named
            : throw new LibtorchException($"{Libtorch.FolderVariable} names {named}, but the program has its own libtorch in {carried}. Unset the variable, or remove the package with libtorch from the program.");
    }

    /// <summary>Whether there is a folder to look for libtorch in: the program's own, or one that is named.</summary>
    public bool IsProvided => named is not null || own.Any(HoldsLibtorch);

    /// <summary>Whether the folder is the one that the environment names.</summary>
    public bool IsNamed(string folder) => folder == named;

    private static bool HoldsLibtorch(string folder) => File.Exists(Path.Combine(folder, MainLibrary));

    /// <summary>Empty in a single file, where assemblies have no place.</summary>
    private static string FolderOfTorchSharp() => Path.GetDirectoryName(typeof(torch).Assembly.Location) ?? "";

    private static string List(IReadOnlyList<string> folders) => string.Join(", ", folders.Where(Directory.Exists));
}
