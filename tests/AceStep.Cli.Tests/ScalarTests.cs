using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace AceStep.Cli.Tests;

/// <summary>
/// No number reaches libtorch in a scalar that may be freed meanwhile: docs/torchsharp.md. The compiler sees to it by
/// eng/BannedSymbols.txt; this checks that the list is whole, and what was compiled.
/// </summary>
public sealed class ScalarTests
{
    private static readonly HashSet<string> Banned = [.. File.ReadLines(Path.Combine(ReferenceData.RepositoryRoot, "eng", "BannedSymbols.txt"))
        .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
        .Select(line => line.Split(';')[0])];

    private static readonly Type Scalar = typeof(torch).Assembly.GetType("TorchSharp.Scalar", throwOnError: true)!;
    private static readonly Type ScalarExtensions = typeof(torch).Assembly.GetType("TorchSharp.ScalarExtensionMethods", throwOnError: true)!;
    private static readonly Lazy<HashSet<MethodBase>> Makers = new(FindMakers);

    private static IEnumerable<string> Assemblies() =>
        Directory.EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project) switch { "AceStep.Cli" => "acestep", var name => name });

    [TestCaseSource(nameof(Assemblies))]
    public void Assembly_OutsideTensorArithmetic_MakesNoScalar(string name)
    {
        Assembly assembly = Assembly.Load(name);

        string[] made =
        [
            .. CompiledCode.Methods(assembly)
                .Where(method => method.DeclaringType!.Name != "TensorArithmetic")
                .SelectMany(method => CompiledCode.Calls(method).Where(called => Makes(called) || Makers.Value.Contains(called))
                    .Select(called => $"{CompiledCode.Id(method)} calls {CompiledCode.Id(called)}")),
        ];

        Assert.That(made, Is.Empty);
    }

    /// <summary>Where TorchSharp's next version has another overload with a scalar inside, this names it.</summary>
    [Test]
    public void BannedSymbols_OfTorchSharp_AreAllThatMakeScalars()
    {
        string[] missing =
        [
            .. Makers.Value
                .Where(method => IsVisible(method) && !Banned.Contains(CompiledCode.Id(method)))
                .Where(method => !Types(method).Any(type => Banned.Contains(CompiledCode.Id(type))))
                .Select(CompiledCode.Id)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void BannedSymbols_EachNameSomethingOfTorchSharp()
    {
        HashSet<string> known = [.. typeof(torch).Assembly.GetTypes().SelectMany(type => CompiledCode.MethodsOf(type).Select(CompiledCode.Id).Append(CompiledCode.Id(type)))];

        Assert.That(Banned, Is.SubsetOf(known));
    }

    /// <summary>The methods of TorchSharp that make a scalar, themselves or by what they call.</summary>
    private static HashSet<MethodBase> FindMakers()
    {
        Assembly torchSharp = typeof(torch).Assembly;
        var callers = CompiledCode.Methods(torchSharp)
            .SelectMany(method => Reached(method).Select(called => (method, called)))
            .ToLookup(pair => pair.called, pair => pair.method);

        HashSet<MethodBase> makers = [];
        Queue<MethodBase> found = new(callers.Select(group => group.Key).Where(Makes).SelectMany(maker => callers[maker]).Where(method => !Makes(method)));
        while (found.TryDequeue(out MethodBase? method))
        {
            if (makers.Add(method))
            {
                foreach (MethodBase caller in callers[method])
                {
                    found.Enqueue(caller);
                }
            }
        }

        return makers;
    }

    /// <summary>What a method calls; of what it constructs, also what is run later: a module's forward, an iterator's steps.</summary>
    private static IEnumerable<MethodBase> Reached(MethodBase method) =>
        CompiledCode.Calls(method).SelectMany(called => called.IsConstructor
            ? CompiledCode.MethodsOf(called.DeclaringType!).Where(member => member.Name is "forward" or "MoveNext").Append(called)
            : [called]);

    private static bool Makes(MethodBase method) =>
        method.DeclaringType == Scalar ? method.IsConstructor || method.Name == "op_Implicit" :
        method.DeclaringType == ScalarExtensions && ((MethodInfo)method).ReturnType == Scalar;

    /// <summary>Modules are made by functions, which are listed; other members of theirs cannot be reached without one.</summary>
    private static bool IsVisible(MethodBase method) =>
        method.IsPublic && method.DeclaringType!.IsVisible && !method.DeclaringType.IsDefined(typeof(CompilerGeneratedAttribute)) &&
        (method.IsConstructor || method.DeclaringType.Namespace != "TorchSharp.Modules");

    private static IEnumerable<Type> Types(MethodBase method)
    {
        for (Type? type = method.DeclaringType; type is not null; type = type.DeclaringType)
        {
            yield return type;
        }
    }
}
