using System.Globalization;

namespace AceStep.Generation;

/// <summary>A valid request with its seeds drawn.</summary>
/// <param name="Request">The request with every seed filled in.</param>
/// <param name="Seeds">The seed of each item's base noise.</param>
/// <param name="VariationSeeds">The seed of each item's second noise; null where the task draws none.</param>
internal sealed record GenerationPlan(MusicRequest Request, long[] Seeds, long[]? VariationSeeds)
{
    /// <summary>Plans a valid request.</summary>
    /// <remarks>
    /// A variation's seed is drawn independently even where the base seed is given: with one seed for both, as in the
    /// original, the two noises are the same and their mix has the wrong variance.
    /// </remarks>
    public static GenerationPlan Create(MusicRequest request)
    {
        // A copy, which nobody else sees before its seeds are set.
        MusicRequest resolved = request with { };
        long[][] seeds = [.. request.Schema.Seeds.Select(field => ((Seeds)field.Read(request)).Resolve(request.Generation.BatchSize))];
        foreach ((RequestField field, long[] chosen) in request.Schema.Seeds.Zip(seeds))
        {
            field.Write(resolved, AceStep.Seeds.Create(chosen));
        }

        return new GenerationPlan(resolved, seeds[0], seeds.ElementAtOrDefault(1));
    }

    /// <summary>What an item's latents are saved with.</summary>
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
