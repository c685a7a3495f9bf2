using AceStep.Benchmarks;
using System.CommandLine;
using AceStep.Benchmarks.Farm;
using AceStep.Benchmarks.Gpu;
using AceStep.Benchmarks.RealSize;
using AceStep.Benchmarks.Serving;
using AceStep.Models;
using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- --filter '*Resampler*'
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- random-weights write FOLDER
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- load FOLDER
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- block
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- gpu
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- serve
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- load-test
// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- chaos
Libtorch.Initialize();
Command[] commands = [new RandomWeightsCommand(), new LoadCommand(), new BlockCommand(), new GpuCommand(), new ServeCommand(), new LoadTestCommand(), new ChaosCommand()];
if (args.Length > 0 && commands.Any(command => command.Name == args[0]))
{
    RootCommand root = new("Measures AceStep for .NET.");
    foreach (Command command in commands)
    {
        root.Add(command);
    }

    return root.Parse(args).Invoke();
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
