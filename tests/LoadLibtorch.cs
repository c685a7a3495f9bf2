using System.Runtime.CompilerServices;
using AceStep.Models;
using AceStep.Testing;

[assembly: HoldsTensors]

namespace AceStep.Testing;

/// <summary>Part of every test project that uses tensors: its first use of torch may come before anything of the library's.</summary>
internal static class LoadLibtorch
{
    [ModuleInitializer]
    internal static void BeforeAnyTest() => Libtorch.Initialize();
}
