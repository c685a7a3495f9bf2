using System.Text.Json;

namespace AceStep.Server.Deployment;

/// <summary>Reads <see cref="DeploymentInput"/> from JSON: types and choices. Ranges are checked afterwards.</summary>
internal readonly struct DeploymentReader
{
    private readonly JsonElement _input;

    private DeploymentReader(JsonElement input) => _input = input;

    /// <exception cref="InvalidRequestException">A value is of the wrong type or unknown.</exception>
    public static DeploymentInput Read(JsonElement input)
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException("input", $"must be an object; it is {Describe(input)}.");
        }

        DeploymentReader reader = new(input);
        DeploymentInput defaults = new();
        return new DeploymentInput
        {
            Task = reader.Task(),
            Prompt = reader.Text("prompt") ?? defaults.Prompt,
            Lyrics = reader.Text("lyrics") ?? defaults.Lyrics,
            AudioDuration = reader.Number("audio_duration") ?? defaults.AudioDuration,
            InputAudio = reader.Text("input_audio"),
            ReferenceAudio = reader.Text("reference_audio"),
            ContinuationMode = reader.Choice("continuation_mode", defaults.ContinuationMode),
            InpaintStartTime = reader.Number("inpaint_start_time") ?? defaults.InpaintStartTime,
            InpaintEndTime = reader.Number("inpaint_end_time") ?? defaults.InpaintEndTime,
            ExtendDuration = reader.Number("extend_duration") ?? defaults.ExtendDuration,
            StylePrompt = reader.Text("style_prompt") ?? defaults.StylePrompt,
            StyleLyrics = reader.Text("style_lyrics") ?? defaults.StyleLyrics,
            StyleStrength = reader.Number("style_strength") ?? defaults.StyleStrength,
            AudioToAudioStrength = reader.Number("audio2audio_strength") ?? defaults.AudioToAudioStrength,
            PreserveVocals = reader.Flag("preserve_vocals") ?? defaults.PreserveVocals,
            GenerateAccompaniment = reader.Flag("generate_accompaniment") ?? defaults.GenerateAccompaniment,
            AccompanimentStyle = reader.Choice("accompaniment_style", defaults.AccompanimentStyle),
            InferSteps = reader.SmallWholeNumber("infer_steps") ?? defaults.InferSteps,
            GuidanceScale = reader.Number("guidance_scale") ?? defaults.GuidanceScale,
            Scheduler = reader.Choice("scheduler_type", defaults.Scheduler),
            Guidance = reader.Choice("cfg_type", defaults.Guidance),
            OmegaScale = reader.Number("omega_scale") ?? defaults.OmegaScale,
            Seed = reader.Seed("seed"),
            VariationSeed = reader.Seed("variation_seed"),
            VariationStrength = reader.Number("variation_strength") ?? defaults.VariationStrength,
            UseErgTag = reader.Flag("use_erg_tag") ?? defaults.UseErgTag,
            UseErgLyric = reader.Flag("use_erg_lyric") ?? defaults.UseErgLyric,
            UseErgDiffusion = reader.Flag("use_erg_diffusion") ?? defaults.UseErgDiffusion,
            GuidanceScaleText = reader.Number("guidance_scale_text") ?? defaults.GuidanceScaleText,
            GuidanceScaleLyric = reader.Number("guidance_scale_lyric") ?? defaults.GuidanceScaleLyric,
            Lora = reader.Text("lora_name_or_path") is { Length: > 0 } lora ? lora : defaults.Lora,
            LoraWeight = reader.Number("lora_weight") ?? defaults.LoraWeight,
            OutputFormat = reader.Name("output_format") is { } format ? DeploymentFormats.Of(format) : defaults.OutputFormat,
            SampleRate = reader.SmallWholeNumber("sample_rate") ?? defaults.SampleRate,
        };
    }

    private MusicTask Task() => Name("task") is { } name
        ? MusicPipeline.Capabilities.Tasks.First(row => row.DeploymentTask == name).Task
        : MusicTask.TextToMusic;

    private TEnum Choice<TEnum>(string name, TEnum defaultValue)
        where TEnum : struct, Enum =>
        Name(name) is { } text && EnumNames.TryParse(text, out TEnum value) ? value : defaultValue;

    /// <summary>One of the field's choices.</summary>
    private string? Name(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        IReadOnlyList<string> choices = DeploymentFields.Of(name).Choices;
        return choices.Contains(text) ? text : throw new InvalidRequestException(name, $"must be one of {string.Join(", ", choices)}; it is {Describe(_input.GetProperty(name))}.");
    }

    private string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(name, "text", value);

    private double? Number(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number
        : throw Wrong(name, "a number", value);

    private bool? Flag(string name) => Find(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, "true or false", value);

    private long? WholeNumber(string name)
    {
        if (Number(name) is not { } number)
        {
            return null;
        }

        // JSON knows no integers: 60.0 is one too.
        JsonElement value = _input.GetProperty(name);
        return value.TryGetInt64(out long exact) ? exact
            : double.IsInteger(number) && Math.Abs(number) < 1L << 53 ? (long)number
            : throw Wrong(name, DeploymentFields.Of(name).IsSeed ? Seeds.Rule : "a whole number", value);
    }

    private int? SmallWholeNumber(string name) => WholeNumber(name) is { } value ? (int)Math.Clamp(value, int.MinValue, int.MaxValue) : null;

    /// <summary>A seed; -1 means none, as in other versions of the deployment.</summary>
    private long? Seed(string name) => WholeNumber(name) is { } seed && seed != -1 ? seed : null;

    private JsonElement? Find(string name) =>
        _input.TryGetProperty(name, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    private static InvalidRequestException Wrong(string name, string expected, JsonElement value) => new(name, $"must be {expected}; it is {Describe(value)}.");

    private static string Describe(JsonElement value)
    {
        const int Longest = 60;
        string text = value.ValueKind == JsonValueKind.Undefined ? "nothing" : value.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "...";
    }
}
