using AceStep.Audio;
using AceStep.Schedulers;

namespace AceStep.Core.Stress;

/// <summary>Requests that take a fraction of a second each.</summary>
internal static class ShortSongs
{
    private const int Rate = 44100;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.9);

    private static readonly GenerationSettings Quick = new() { Steps = 3, SampleRate = 44100 };

    private static readonly GuidanceSettings Always = new() { Interval = 1 };

    /// <summary>A tone of 1.1 seconds.</summary>
    public static AudioBuffer Tones { get; } = CreateTones();

    /// <summary>One request of each task, among them each scheduler and each kind of guidance.</summary>
    public static IEnumerable<MusicRequest> OfEveryTask(MusicLatents source, long seed)
    {
        const string Prompt = "funk, drums";
        const string Lyrics = "[verse]\nNeon lights";
        yield return new TextToMusicRequest { Prompt = Prompt, Lyrics = Lyrics, Duration = Duration, Seed = seed, Generation = Quick };
        yield return new VariationRequest { Prompt = Prompt, Duration = Duration, Strength = 0.5, Seed = seed, VariationSeed = 1, Generation = Quick with { Scheduler = SchedulerKind.Heun } };
        yield return new AudioToAudioRequest { Prompt = Prompt, Source = source, Strength = 0.5, Seed = seed, Generation = Quick with { Scheduler = SchedulerKind.PingPong }, Guidance = Always with { Kind = GuidanceKind.Cfg } };
        yield return new ContinuationRequest { Prompt = Prompt, Source = source, After = TimeSpan.FromSeconds(0.4), Seed = seed, Generation = Quick, Guidance = Always with { Kind = GuidanceKind.CfgStar } };
        yield return new InpaintingRequest { Prompt = Prompt, Source = source, Start = TimeSpan.FromSeconds(0.3), End = TimeSpan.FromSeconds(0.7), Strength = 0.8, Seed = seed, Generation = Quick, Guidance = Always with { TextScale = 5, LyricScale = 1.5 } };
        yield return new StyleTransferRequest { Prompt = Prompt, Lyrics = Lyrics, TargetPrompt = "techno", Source = source, Seed = seed, VariationSeed = 2, Generation = Quick };
        yield return new AccompanimentRequest { Prompt = Prompt, Vocals = source, Seed = seed, Generation = Quick };
    }

    private static AudioBuffer CreateTones()
    {
        float[] tone = [.. Enumerable.Range(0, Rate * 11 / 10).Select(i => 0.4f * MathF.Sin(2 * MathF.PI * 220 * i / Rate))];
        return AudioBuffer.FromPlanar([tone, tone], Rate);
    }
}
