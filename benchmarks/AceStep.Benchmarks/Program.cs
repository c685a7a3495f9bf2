using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/AceStep.Benchmarks -- --filter '*Resampler*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
