using System.Text.Json;
using AceStep.Schedulers;

namespace AceStep.Core.Tests.Reference;

/// <summary>A recorded request in the original's parameter names, as a request of this library.</summary>
internal static class OriginalRequest
{
    /// <summary>A case's request.</summary>
    /// <param name="original">The original's parameters.</param>
    /// <param name="sourceFrames">The latent frames of the source; 0 without one. The original's extend counts from it.</param>
    public static MusicRequest Translate(JsonElement original, int sourceFrames)
    {
        string task = original.TryGetProperty("audio2audio_enable", out JsonElement enabled) && enabled.GetBoolean() ? "audio2audio" : Text(original, "task", "text2music");
        MusicRequest request = task switch
        {
            "text2music" => new TextToMusicRequest { Duration = Seconds(original, "audio_duration") },
            "retake" => new VariationRequest { Duration = Seconds(original, "audio_duration"), Strength = Number(original, "retake_variance", 0.5), VariationSeed = Seeds(original, "retake_seeds") },
            "repaint" => new InpaintingRequest
            {
                Source = Audio(original, "src_audio_path"),
                Start = Seconds(original, "repaint_start"),
                End = Seconds(original, "repaint_end"),
                Strength = Number(original, "retake_variance", 0.5),
                VariationSeed = Seeds(original, "retake_seeds"),
            },
            "extend" => Continuation(original, sourceFrames),
            "edit" => new StyleTransferRequest
            {
                Source = Audio(original, "src_audio_path"),
                TargetPrompt = Text(original, "edit_target_prompt", ""),
                TargetLyrics = Text(original, "edit_target_lyrics", ""),
                From = Number(original, "edit_n_min", 0),
                To = Number(original, "edit_n_max", 1),
                Average = (int)Number(original, "edit_n_avg", 1),
                GuidanceScale = Number(original, "guidance_scale", 15),
                VariationSeed = Seeds(original, "retake_seeds"),
            },
            "audio2audio" => new AudioToAudioRequest { Source = Audio(original, "ref_audio_input"), Strength = 1 - Number(original, "ref_audio_strength", 0.5) },
            _ => throw new NotSupportedException($"The case's task {task} is unknown."),
        };
        request = request with
        {
            Prompt = Text(original, "prompt", ""),
            Lyrics = Text(original, "lyrics", ""),
            Seed = Seeds(original, "manual_seeds"),
            Generation = new GenerationSettings
            {
                Steps = (int)Number(original, "infer_step", 60),
                Scheduler = Text(original, "scheduler_type", "euler") switch { "heun" => SchedulerKind.Heun, "pingpong" => SchedulerKind.PingPong, _ => SchedulerKind.Euler },
                OmegaScale = Number(original, "omega_scale", 10),
                OwnSteps = [.. Text(original, "oss_steps", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)],
                BatchSize = (int)Number(original, "batch_size", 1),
                SampleRate = 44100,
            },
        };
        return request is GuidedMusicRequest guided ? guided with { Guidance = Guidance(original) } : request;
    }

    private static GuidanceSettings Guidance(JsonElement original) => new()
    {
        Kind = Text(original, "cfg_type", "apg") switch { "cfg" => GuidanceKind.Cfg, "cfg_star" => GuidanceKind.CfgStar, _ => GuidanceKind.Apg },
        Scale = Number(original, "guidance_scale", 15),
        TextScale = Number(original, "guidance_scale_text", 0),
        LyricScale = Number(original, "guidance_scale_lyric", 0),
        Interval = Number(original, "guidance_interval", 0.5),
        IntervalDecay = Number(original, "guidance_interval_decay", 0),
        MinScale = Number(original, "min_guidance_scale", 3),
        ErgTag = Flag(original, "use_erg_tag"),
        ErgLyric = Flag(original, "use_erg_lyric"),
        ErgDiffusion = Flag(original, "use_erg_diffusion"),
    };

    /// <summary>The original takes a start before 0 and an end; with both, its end counts from the padded start.</summary>
    private static ContinuationRequest Continuation(JsonElement original, int sourceFrames)
    {
        double start = Number(original, "repaint_start", 0);
        int before = start < 0 ? LatentFrames.FromTime(TimeSpan.FromSeconds(-start)) : 0;
        int after = Math.Max(0, LatentFrames.FromTime(Seconds(original, "repaint_end")) - sourceFrames - before);
        return new ContinuationRequest
        {
            Source = Audio(original, "src_audio_path"),
            Before = HalfwayInto(before),
            After = HalfwayInto(after),
            Strength = Number(original, "retake_variance", 0.5),
            VariationSeed = Seeds(original, "retake_seeds"),
        };
    }

    /// <summary>A time that is so many whole frames whichever way it is rounded.</summary>
    private static TimeSpan HalfwayInto(int frames) => frames == 0 ? TimeSpan.Zero : (LatentFrames.ToTime(frames) + LatentFrames.ToTime(frames + 1)) / 2;

    private static MusicSource Audio(JsonElement original, string key) => ReferenceData.PathOf(original.GetProperty(key).GetString()!.Split('/'));

    private static TimeSpan Seconds(JsonElement original, string key) => TimeSpan.FromSeconds(Number(original, key, 0));

    private static double Number(JsonElement original, string key, double defaultValue) => original.TryGetProperty(key, out JsonElement value) ? value.GetDouble() : defaultValue;

    private static string Text(JsonElement original, string key, string defaultValue) => original.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? defaultValue : defaultValue;

    private static bool Flag(JsonElement original, string key) => !original.TryGetProperty(key, out JsonElement value) || value.GetBoolean();

    private static Seeds Seeds(JsonElement original, string key) =>
        original.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? AceStep.Seeds.Create([.. value.EnumerateArray().Select(seed => seed.GetInt64())]) : AceStep.Seeds.Random;
}
