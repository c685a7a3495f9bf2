using AceStep.Fuzz.Targets;

namespace AceStep.Fuzz;

/// <summary>All doors.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new SafetensorsTarget(), new ShardIndexTarget(), new LoraTarget(), new LoraConfigTarget(), new ConfigTarget(), new TensorSizesTarget(), new TokenizerJsonTarget(), new SentencePieceTarget(), new PromptTarget(),
        new VocabularyTarget(), new LyricsTarget(), new WavTarget(), new SoundScanTarget(), new LatentsTarget(), new RequestJsonTarget(), new NumbersTarget(), new DeploymentTarget(), new HttpTarget(),
        new HubNamesTarget(), new HubAnswersTarget(), new ElfTarget(),
    ];

    /// <exception cref="ArgumentException">There is none of the name.</exception>
    public static FuzzTarget Of(string name) => All.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException($"{name} is none of {string.Join(", ", All.Select(target => target.Name))}.", nameof(name));
}
