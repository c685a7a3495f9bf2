using System.Diagnostics;

namespace AceStep.Cli.Doctor;

/// <summary>The matrix library that libtorch uses, as far as the process' loaded modules show it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="File">Its file; null where it is part of libtorch.</param>
/// <param name="IsReference">Whether it is the reference BLAS, which is correct and many times slower than the others.</param>
internal sealed record BlasLibrary(string Name, string? File, bool IsReference)
{
    private const string OpenBlas = "openblas";

    // More telling names first: OpenBLAS and the others are also called libblas.so.3 where they take the reference's place.
    private static readonly (string Part, string Name)[] Known =
    [
        (OpenBlas, "OpenBLAS"), ("mkl", "oneMKL"), ("blis", "BLIS"), ("atlas", "ATLAS"), ("armpl", "Arm Performance Libraries"), ("nvpl_blas", "NVPL"), ("accelerate", "Accelerate"),
    ];

    /// <summary>Looks through the modules of this process; libtorch must have computed something before.</summary>
    public static BlasLibrary Find()
    {
        string[] files = LoadedModules();
        foreach ((string part, string name) in Known)
        {
            if (files.FirstOrDefault(file => Mentions(file, part)) is { } file)
            {
                return new BlasLibrary(name, file, IsReference: false);
            }
        }

        return files.FirstOrDefault(file => Path.GetFileName(file).StartsWith("libblas.", StringComparison.Ordinal)) is { } reference
            ? new BlasLibrary("reference BLAS", reference, IsReference: true)
            : new BlasLibrary("inside libtorch", null, IsReference: false);
    }

    /// <summary>By file name, or by the folder that Debian keeps an alternative in: openblas-pthread/libblas.so.3.</summary>
    private static bool Mentions(string file, string part) =>
        Path.GetFileName(file).Contains(part, StringComparison.OrdinalIgnoreCase) ||
        (Path.GetFileName(file).StartsWith("libblas.", StringComparison.Ordinal) && (Path.GetFileName(Path.GetDirectoryName(file)) ?? "").Contains(part, StringComparison.OrdinalIgnoreCase));

    private static string[] LoadedModules()
    {
        using Process process = Process.GetCurrentProcess();
        return [.. process.Modules.Cast<ProcessModule>().Select(module => module.FileName).OfType<string>()];
    }
}
