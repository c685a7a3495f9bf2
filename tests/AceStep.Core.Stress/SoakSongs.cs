using AceStep.Audio;
using AceStep.Schedulers;

namespace AceStep.Core.Stress;

/// <summary>Endless requests: each task in turn, of ever other lengths, schedulers, kinds of guidance, sources and batches.</summary>
/// <param name="source">A second of sound as latents.</param>
/// <param name="file">The same as a file.</param>
internal sealed class SoakSongs(MusicLatents source, string file)
{
    /// <summary>The tasks: so many requests in a row are of each of them once.</summary>
    public const int Tasks = 7;

    private const string Prompt = "techno, 128 bpm, drums, bass";
    private const string Lyrics = "[verse]\nNeon lights";

    /// <summary>The request of a number, which is its seed too.</summary>
    public MusicRequest this[int number]
    {
        get
        {
            // Turns that have no common divisor with seven, so that each task meets each of them.
            GenerationSettings settings = new()
            {
                Steps = 4,
                Scheduler = (SchedulerKind)(number % 3),
                BatchSize = number % 5 == 4 ? 2 : 1,
                SampleRate = number % 2 == 0 ? 48000 : 44100,
            };
            GuidanceSettings guidance = (number % 4) switch
            {
                0 => new() { Interval = 1 },
                1 => new() { Kind = GuidanceKind.Cfg },
                2 => new() { Kind = GuidanceKind.CfgStar, IntervalDecay = 1 },
                _ => new() { TextScale = 5, LyricScale = 2 },
            };
            TimeSpan duration = TimeSpan.FromSeconds(1 + (0.5 * (number % 5)));
            MusicSource from = (number % 3) switch
            {
                0 => source,
                1 => ShortSongs.Tones,
                _ => file,
            };
            string lyrics = number % 2 == 0 ? Lyrics : "";
            return (number % Tasks) switch
            {
                0 => new TextToMusicRequest { Prompt = Prompt, Lyrics = lyrics, Duration = duration, Seed = number, Generation = settings, Guidance = guidance },
                1 => new VariationRequest { Prompt = Prompt, Lyrics = lyrics, Duration = duration, Strength = 0.5, Seed = number, VariationSeed = 1, Generation = settings, Guidance = guidance },
                2 => new AudioToAudioRequest { Prompt = Prompt, Lyrics = lyrics, Source = from, Seed = number, Generation = settings, Guidance = guidance },
                3 => new ContinuationRequest { Prompt = Prompt, Lyrics = lyrics, Source = from, After = duration, Seed = number, VariationSeed = 1, Generation = settings, Guidance = guidance },
                4 => new InpaintingRequest { Prompt = Prompt, Lyrics = lyrics, Source = from, Start = TimeSpan.FromSeconds(0.3), End = TimeSpan.FromSeconds(0.7), Strength = 0.8, Seed = number, VariationSeed = 1, Generation = settings, Guidance = guidance },
                5 => new StyleTransferRequest { Prompt = Prompt, Lyrics = lyrics, TargetPrompt = "ballad, piano", Source = from, To = 0.7, VariationSeed = number, Generation = settings },
                _ => new AccompanimentRequest { Prompt = Prompt, Vocals = from, Seed = number, Generation = settings, Guidance = guidance },
            };
        }
    }
}
