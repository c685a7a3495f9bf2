using System.Globalization;
using System.Text.Json;
using AceStep.Audio;

namespace AceStep.Cli.Tests.Reference;

/// <summary>A recorded request in the original's parameter names, as a command line.</summary>
internal static class OriginalCommand
{
    private const int FrameSamples = 4096;
    private const int SampleRate = 44100;

    private static readonly (string Original, string Option)[] Shared =
    [
        ("prompt", "--prompt"), ("lyrics", "--lyrics"), ("infer_step", "--steps"), ("manual_seeds", "--seed"), ("batch_size", "--batch"), ("scheduler_type", "--scheduler"),
        ("omega_scale", "--omega"), ("oss_steps", "--own-steps"), ("guidance_scale", "--guidance-scale"),
    ];

    private static readonly (string Original, string Option)[] Guided =
    [
        ("cfg_type", "--guidance"), ("guidance_scale_text", "--guidance-scale-text"), ("guidance_scale_lyric", "--guidance-scale-lyric"), ("guidance_interval", "--guidance-interval"),
        ("guidance_interval_decay", "--guidance-decay"), ("min_guidance_scale", "--min-guidance-scale"),
    ];

    private static readonly (string Original, string Option)[] Switches =
        [("use_erg_tag", "--no-erg-tag"), ("use_erg_lyric", "--no-erg-lyric"), ("use_erg_diffusion", "--no-erg-diffusion")];

    /// <summary>The command and its options, without the ones for the checkpoint and the output.</summary>
    public static IEnumerable<string> Translate(JsonElement request)
    {
        string command = CommandOf(request);
        IEnumerable<string> arguments = [command, .. Options(request, Shared), .. command switch
        {
            "generate" => Options(request, ("audio_duration", "--duration")),
            "vary" => Options(request, ("audio_duration", "--duration"), ("retake_variance", "--strength"), ("retake_seeds", "--variation-seed")),
            "audio2audio" => [.. Source(request, "ref_audio_input"), "--strength", Text(1 - request.GetProperty("ref_audio_strength").GetDouble())],
            "inpaint" => [.. Source(request, "src_audio_path"), .. Options(request, ("repaint_start", "--start"), ("repaint_end", "--end"), ("retake_variance", "--strength"), ("retake_seeds", "--variation-seed"))],
            "continue" => [.. Source(request, "src_audio_path"), .. Lengths(request), .. Options(request, ("retake_variance", "--strength"), ("retake_seeds", "--variation-seed"))],
            _ => (IEnumerable<string>)[.. Source(request, "src_audio_path"), .. Options(request,
                ("edit_target_prompt", "--target-prompt"), ("edit_target_lyrics", "--target-lyrics"), ("edit_n_min", "--from"), ("edit_n_max", "--to"), ("edit_n_avg", "--average"), ("retake_seeds", "--variation-seed"))],
        }];
        return command == "restyle" ? arguments : arguments.Concat(Options(request, Guided)).Concat(Switches.Where(flag => IsOff(request, flag.Original)).Select(flag => flag.Option));
    }

    private static string CommandOf(JsonElement request)
    {
        if (request.TryGetProperty("audio2audio_enable", out JsonElement enabled) && enabled.GetBoolean())
        {
            return "audio2audio";
        }

        string task = request.TryGetProperty("task", out JsonElement given) ? given.GetString()! : "text2music";
        return task switch
        {
            "text2music" => "generate",
            "retake" => "vary",
            "repaint" => "inpaint",
            "extend" => "continue",
            "edit" => "restyle",
            _ => throw new NotSupportedException($"The case's task {task} is unknown."),
        };
    }

    /// <summary>The original takes a start before 0 and an end; with both, its end counts from the padded start.</summary>
    private static IEnumerable<string> Lengths(JsonElement request)
    {
        double start = request.GetProperty("repaint_start").GetDouble();
        int before = start < 0 ? Frames(-start) : 0;
        AudioBuffer source = AudioFile.Load(SourcePath(request, "src_audio_path"));
        int samples = (int)Math.Ceiling((double)source.Length * SampleRate / source.SampleRate);
        int after = Math.Max(0, Frames(request.GetProperty("repaint_end").GetDouble()) - ((samples + FrameSamples - 1) / FrameSamples) - before);
        return ["--before", Seconds(before), "--after", Seconds(after)];
    }

    private static int Frames(double seconds) => (int)(seconds * SampleRate / 512 / 8);

    /// <summary>A time in the middle of a frame, so that rounding cannot change the number of frames.</summary>
    private static string Seconds(int frames) => frames == 0 ? "0" : Text((frames + 0.5) * FrameSamples / SampleRate);

    private static IEnumerable<string> Source(JsonElement request, string key) => ["--source", SourcePath(request, key)];

    private static string SourcePath(JsonElement request, string key) => ReferenceData.PathOf(request.GetProperty(key).GetString()!.Split('/'));

    private static bool IsOff(JsonElement request, string key) => request.TryGetProperty(key, out JsonElement value) && !value.GetBoolean();

    private static string[] Options(JsonElement request, params (string Original, string Option)[] names) =>
    [
        .. names.Where(name => request.TryGetProperty(name.Original, out JsonElement value) && value.ValueKind != JsonValueKind.Null && Text(value).Length > 0)
            .SelectMany(name => new[] { name.Option, Text(request.GetProperty(name.Original)) }),
    ];

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(Text)),
        _ => value.GetRawText(),
    };

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
