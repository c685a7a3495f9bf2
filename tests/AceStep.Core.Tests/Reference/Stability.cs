using TorchSharp;

namespace AceStep.Core.Tests.Reference;

/// <summary>
/// How far two correct computations of a request may be apart. The bar of 1e-4 supposes that an error in the noise grows at
/// most tenfold until the latents, which holds for nearly all requests. The paths of a few are less stable: there the bar is
/// raised by as much as an error of 1e-6 is seen to grow beyond that. Requests that are stable keep the plain bar.
/// </summary>
internal static class Stability
{
    private const double Error = 1e-6;
    private const double ExpectedGrowth = 10;

    /// <summary>A single pass rounds by about three times the error that the growth is measured with.</summary>
    private const double Rounding = 3;

    /// <summary>The loosest bar: under the recorded LoRAs the random checkpoint is chaotic, and a wrong scale moves the latents by 0.7.</summary>
    private const double Loosest = 0.3;

    /// <summary>The bar for a request's latents. The growth is measured only where they miss the plain bar.</summary>
    public static async Task<double> Tolerance(MusicPipeline pipeline, MusicRequest request, torch.Tensor actual, torch.Tensor expected)
    {
        if (TensorAssert.RelativeL2(actual, expected) <= TensorAssert.PipelineTolerance || request is not TextToMusicRequest text)
        {
            return TensorAssert.PipelineTolerance;
        }

        double growth = await Growth(pipeline, text, actual);
        return growth <= ExpectedGrowth
            ? TensorAssert.PipelineTolerance
            : Math.Min(TensorAssert.PipelineTolerance * Rounding * growth / ExpectedGrowth, Loosest);
    }

    /// <summary>How much an error in the base noise grows: a variation that is next to none, against none.</summary>
    private static async Task<double> Growth(MusicPipeline pipeline, TextToMusicRequest request, torch.Tensor unperturbed)
    {
        MusicResult perturbed = await pipeline.GenerateAsync(new VariationRequest
        {
            Prompt = request.Prompt,
            Lyrics = request.Lyrics,
            Seed = request.Seed,
            Generation = request.Generation,
            Guidance = request.Guidance,
            Duration = request.Duration,
            VariationSeed = 1,
            Strength = Error * 2 / Math.PI,
        });
        using torch.Tensor latents = perturbed.ToTensor();
        double growth = TensorAssert.RelativeL2(latents, unperturbed) / Error;
        TestContext.Out.WriteLine($"An error of {Error} in the noise grows {growth:F0}-fold.");
        return growth;
    }
}
