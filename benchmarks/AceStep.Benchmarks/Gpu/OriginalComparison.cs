using AceStep.Benchmarks.Original;
using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>Denoising in this library's order of calls and in the original's, with the same weights, conditions and noise, in turn.</summary>
internal static class OriginalComparison
{
    private const int Turns = 2;

    public static async Task RunAsync(GpuSettings settings, CancellationToken cancellationToken)
    {
        await using MusicPipeline pipeline = await settings.LoadAsync(MemoryPlan.KeepAll, cancellationToken);
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Device device = torch.device(settings.Device);
        DeviceClock clock = new(device);
        TextToMusicRequest request = settings.Request;
        AceStepTransformer transformer = pipeline.Parts.Transformer.Resident!;
        ScalarType dtype = settings.Precision == Precision.BFloat16 ? bfloat16 : float32;

        (double conditioning, EncoderRows rows) = clock.Once(() => ConditionedRows.Create(pipeline, request, device));
        using OriginalTransformer original = new(transformer, Math.Max(settings.Frames, (int)rows.HiddenStates.size(1)));
        double ours = double.MaxValue;
        double theirs = double.MaxValue;
        double distance = 0;

        // The better of two turns each; on a GPU the first loads kernels besides.
        for (int turn = 0; turn < Turns; turn++)
        {
            using StepWatch watch = new();
            (double seconds, Tensor latents) = clock.Once(() => Denoise((noise, steps) => new Denoiser(transformer, [rows], null, noise, watch, null, cancellationToken).Run(steps, noise.DrawBase(settings.Frames), NoiseLayout.Contiguous)));
            ours = Math.Min(ours, seconds);
            (seconds, Tensor expected) = clock.Once(() => Denoise((noise, steps) => OriginalDenoising.Generate(original, rows, steps, noise, settings.Frames)));
            theirs = Math.Min(theirs, seconds);
            distance = Distance(latents, expected);
        }

        Console.WriteLine("| | conditioning | denoising | ratio |");
        Console.WriteLine("|---|---|---|---|");
        Console.WriteLine($"| this library | {conditioning:0.00} s | {ours:0.00} s | 1 |");
        Console.WriteLine($"| the original's order of calls | the same | {theirs:0.00} s | {theirs / ours:0.00} |");
        Console.WriteLine($"\nThe latents' distance from each other, relative: {distance:0.0e+0}.");

        Tensor Denoise(Func<NoiseGenerators, TextToMusicRequest, Tensor> generate)
        {
            using NoiseGenerators noise = new([1], null, dtype, device);
            return generate(noise, request);
        }
    }

    private static double Distance(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Tensor a = actual.to(float64);
        Tensor e = expected.to(float64);
        return ((a - e).norm() / e.norm()).cpu().item<double>();
    }
}
