using System.Globalization;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>A valid request with every seed chosen.</summary>
/// <param name="Request">The request with every seed filled in.</param>
/// <param name="Seeds">The seed of each item's base noise.</param>
/// <param name="VariationSeeds">The seed of each item's second noise; null if the task draws none.</param>
internal sealed record GenerationPlan(MusicRequest Request, long[] Seeds, long[]? VariationSeeds)
{
    /// <summary>Plans a valid request.</summary>
    /// <remarks>
    /// A variation's seed is drawn independently, even if the base seed is given. The original uses one seed for both: then
    /// the two noises are the same, and their mix has the wrong variance.
    /// </remarks>
    public static GenerationPlan Create(MusicRequest request)
    {
        // A copy, so that the caller's request stays as it is.
        MusicRequest resolved = request with { };
        long[][] seeds = [.. request.Schema.Seeds.Select(field => ((Seeds)field.Read(request)).Resolve(request.Generation.BatchSize))];
        foreach ((RequestField field, long[] chosen) in request.Schema.Seeds.Zip(seeds))
        {
            field.Write(resolved, AceStep.Seeds.Create(chosen));
        }

        return new GenerationPlan(resolved, seeds[0], seeds.ElementAtOrDefault(1));
    }

    /// <summary>The settings that are stored with an item's latents.</summary>
    public Dictionary<string, string> Describe(int item)
    {
        Dictionary<string, string> settings = new()
        {
            ["task"] = EnumNames.Of(Request.Task),
            ["prompt"] = Request.Prompt,
            ["lyrics"] = Request.Lyrics,
            ["seed"] = Text(Seeds[item]),
            ["steps"] = Text(Request.Generation.Steps),
            ["scheduler"] = EnumNames.Of(Request.Generation.Scheduler),
        };
        if (Request.LyricLanguage is { } language)
        {
            settings["lyric_language"] = language;
        }

        if (VariationSeeds is not null)
        {
            settings["variation_seed"] = Text(VariationSeeds[item]);
        }

        if (Request is GuidedMusicRequest guided)
        {
            settings["guidance"] = EnumNames.Of(guided.Guidance.Kind);
            settings["guidance_scale"] = Text(guided.Guidance.Scale);
        }

        return settings;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>The random number generators of a generation: one for each song's base noise, and one for its variation noise.</summary>
/// <remarks>
/// What is drawn here depends on a song's own seeds alone. Pingpong's steps draw from the first song's generator for the
/// whole batch, and omega takes its mean over the batch, both as in the original: see <see cref="Seeds"/>.
/// </remarks>
internal sealed class NoiseGenerators : IDisposable
{
    private readonly Generator[] _base;
    private readonly Generator[] _variation;
    private readonly ScalarType _dtype;

    /// <param name="seeds">The seed of each song's base noise.</param>
    /// <param name="variationSeeds">The seed of each song's variation noise; null if none is drawn.</param>
    /// <param name="dtype">The type in which noise is drawn; another type gives other numbers.</param>
    /// <param name="device">Where it is drawn.</param>
    public NoiseGenerators(long[] seeds, long[]? variationSeeds, ScalarType dtype, Device device)
    {
        Device = device;
        _dtype = dtype;

        // The meta device, on which tests check only shapes, has no random numbers.
        Device drawn = device.type == DeviceType.META ? CPU : device;
        _base = [.. seeds.Select(seed => new Generator((ulong)seed, drawn))];
        _variation = [.. (variationSeeds ?? []).Select(seed => new Generator((ulong)seed, drawn))];
    }

    public Device Device { get; }

    public int BatchSize => _base.Length;

    public IReadOnlyList<Generator> Base => _base;

    public IReadOnlyList<Generator> Variation => _variation;

    /// <summary>[B, 8, 16, frames] of base noise.</summary>
    public Tensor DrawBase(int frames) => Draw(_base, frames);

    /// <summary>[B, 8, 16, frames] of variation noise.</summary>
    public Tensor DrawVariation(int frames) => Draw(_variation, frames);

    public void Dispose()
    {
        foreach (Generator generator in _base.Concat(_variation))
        {
            generator.Dispose();
        }
    }

    private Tensor Draw(Generator[] generators, int frames) =>
        Noise.Draw(generators, [LatentFrames.Channels, LatentFrames.Rows, frames], _dtype).to(Device);
}
