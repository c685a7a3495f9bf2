// Most of these tests wait: for a server that starts, a lease that runs out, a pause between two webhooks.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
