using AceStep.Generation;
using AceStep.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>Where the time of a pass goes: each part by itself on operands of its size, and what the host takes to hand a pass over.</summary>
internal static class PassProfile
{
    public static async Task RunAsync(GpuSettings settings, CancellationToken cancellationToken)
    {
        await using MusicPipeline pipeline = await settings.LoadAsync(MemoryPlan.KeepAll, cancellationToken);
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Device device = torch.device(settings.Device);
        AceStepTransformer transformer = pipeline.Parts.Transformer.Resident!;
        EncoderRows rows = ConditionedRows.Create(pipeline, settings.Request, device);
        foreach (int count in (int[])[1, 2])
        {
            Profile(settings, transformer, rows, count, device);
        }
    }

    private static void Profile(GpuSettings settings, AceStepTransformer transformer, EncoderRows rows, int count, Device device)
    {
        using var scope = NewDisposeScope();
        DeviceClock clock = new(device);
        TransformerConfig config = transformer.Config;
        Dictionary<string, nn.Module> modules = transformer.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        using DecodeContext context = transformer.Prepare(
            rows.HiddenStates.narrow(0, 0, count), rows.Mask.narrow(0, 0, count), settings.Frames, ones(1, device: device).Times(500), rows.WeakenedRows[..count]);
        BlockContext block = context.ForBlock(0);
        ScalarType dtype = rows.HiddenStates.dtype;
        Tensor latents = randn(count, config.InChannels, config.PatchHeight, settings.Frames, device: device).to(dtype);
        Tensor stream = randn(count, settings.Frames, config.Width, device: device).to(dtype);
        Tensor expanded = randn(count, settings.Frames, config.FeedForwardWidth, device: device).to(dtype);
        Tensor modulation = context.Modulations(0)[0];

        double pass = clock.Median(() => transformer.Decode(latents, 0, context));
        double handingOver = clock.HandingOver(() => transformer.Decode(latents, 0, context));
        Console.WriteLine($"\nA pass of {count} row{(count == 1 ? "" : "s")}: {pass * 1e3:0.0} ms; the host hands it over in {handingOver * 1e3:0.0} ms.\n");
        Console.WriteLine("| part | times in a pass | ms each | share |");
        Console.WriteLine("|---|---|---|---|");
        double named = 0;
        Part("first convolutions", 1, () => ((nn.Module<Tensor, Tensor>)modules["proj_in"]).call(latents));
        Part("modulated norms", 2 * config.LayerCount, () => RootMeanSquareNorm.Modulate(stream, modulation[0], modulation[1]));
        Part("products of 2,560 by 2,560", 6 * config.LayerCount, () => ((Linear)Block("attn.to_q")).call(stream));
        double projections = clock.Median(() => ((Linear)Block("attn.to_q")).call(stream));
        Part("self-attention without its products", config.LayerCount, () => ((nn.Module<Tensor, BlockContext, Tensor>)Block("attn")).call(stream, block), 4 * projections);
        Part("cross-attention without its products", config.LayerCount, () => ((nn.Module<Tensor, BlockContext, Tensor>)Block("cross_attn")).call(stream, block), 2 * projections);
        double expand = Part("feed-forward's first product", config.LayerCount, () => ((nn.Module<Tensor, Tensor>)Block("ff.inverted_conv")).call(stream));
        double contract = Part("feed-forward's second product", config.LayerCount, () => ((nn.Module<Tensor, Tensor>)Block("ff.point_conv")).call(expanded));
        Part("feed-forward between them", config.LayerCount, () => ((nn.Module<Tensor, Tensor>)Block("ff")).call(stream), expand + contract);
        Part("last layer", 1, () => ((nn.Module<Tensor, Tensor, Tensor>)modules["final_layer"]).call(stream, context.EmbeddedTimestep(0)));
        Console.WriteLine($"| the rest: gates, sums, waiting | | | {(pass - named) / pass:0%} |");
        double flops = 2.0 * count * settings.Frames * config.LayerCount * ((6.0 * config.Width * config.Width) + (3.0 * config.Width * config.FeedForwardWidth));
        Console.WriteLine($"\nIts products of weights have {flops / 1e12:0.00} TFLOP: {flops / 1e12 / pass:0.0} TFLOP/s.");

        nn.Module Block(string name) => modules[$"transformer_blocks.0.{name}"];

        double Part(string name, int times, Action work, double without = 0)
        {
            double seconds = Math.Max(0, clock.Median(work) - without);
            named += times * seconds;
            Console.WriteLine($"| {name} | {times} | {seconds * 1e3:0.000} | {times * seconds / pass:0%} |");
            return seconds;
        }
    }
}
