using AceStep.Schedulers;

namespace AceStep.Guide;

/// <summary>The rows of <see cref="GuideInput.Fields"/>. Ranges, choices and meanings that <see cref="MusicCapabilities"/> knows are taken from there.</summary>
internal static class GuideFields
{
    private static readonly GuideInput Defaults = new();

    /// <summary>The guide's fields in its order.</summary>
    public static IReadOnlyList<GuideField> All { get; } =
    [
        Field("task", GuideFieldKind.Text, TaskName(Defaults.Task), "What to do.") with { Choices = [.. MusicCapabilities.All.Tasks.Select(row => row.DeploymentTask).Distinct()] },
        Known("prompt", GuideFieldKind.Text, Defaults.Prompt),
        Known("lyrics", GuideFieldKind.Text, Defaults.Lyrics),
        Number("audio_duration", Defaults.AudioDuration, input => input.AudioDuration) with { Promise = GuideMessages.InvalidAudioDuration + ": " },
        Field("input_audio", GuideFieldKind.Audio, null, "The source of every task but text2music."),
        Field("reference_audio", GuideFieldKind.Audio, null, "The source of audio2audio where input_audio is not given."),
        Choice("continuation_mode", Defaults.ContinuationMode, "Where a continuation adds music."),
        Number("inpaint_start_time", Defaults.InpaintStartTime, input => input.InpaintStartTime),
        Number("inpaint_end_time", Defaults.InpaintEndTime, input => input.InpaintEndTime),
        Number("extend_duration", Defaults.ExtendDuration, input => input.ExtendDuration) with { Description = "Seconds that a continuation adds; half on each side for extend_both." },
        Known("style_prompt", GuideFieldKind.Text, Defaults.StylePrompt),
        Known("style_lyrics", GuideFieldKind.Text, Defaults.StyleLyrics),
        Number("style_strength", Defaults.StyleStrength, input => input.StyleStrength) with { Description = "How far a style transfer goes: 0 (keep the original) to 1 (full transfer)." },
        Number("audio2audio_strength", Defaults.AudioToAudioStrength, input => input.AudioToAudioStrength),
        Known("preserve_vocals", GuideFieldKind.Flag, Defaults.PreserveVocals),
        Field("generate_accompaniment", GuideFieldKind.Flag, Defaults.GenerateAccompaniment, "Make accompaniment for the vocals in input_audio."),
        Choice("accompaniment_style", Defaults.AccompanimentStyle, "The accompaniment's style."),
        Number("infer_steps", Defaults.InferSteps, input => input.InferSteps) with { Kind = GuideFieldKind.WholeNumber },
        Number("guidance_scale", Defaults.GuidanceScale, input => input.GuidanceScale),
        Choice("scheduler_type", Defaults.Scheduler, "The scheduler."),
        Choice("cfg_type", Defaults.Guidance, "The rule of guidance."),
        Number("omega_scale", Defaults.OmegaScale, input => input.OmegaScale),
        Number("seed", null, input => input.Seed) with { Kind = GuideFieldKind.WholeNumber, Minimum = 0 },
        Number("variation_seed", null, input => input.VariationSeed) with { Kind = GuideFieldKind.WholeNumber, Minimum = 0 },
        Number("variation_strength", Defaults.VariationStrength, input => input.VariationStrength),
        Known("use_erg_tag", GuideFieldKind.Flag, Defaults.UseErgTag),
        Known("use_erg_lyric", GuideFieldKind.Flag, Defaults.UseErgLyric),
        Known("use_erg_diffusion", GuideFieldKind.Flag, Defaults.UseErgDiffusion),
        Number("guidance_scale_text", Defaults.GuidanceScaleText, input => input.GuidanceScaleText),
        Number("guidance_scale_lyric", Defaults.GuidanceScaleLyric, input => input.GuidanceScaleLyric),
        Field("lora_name_or_path", GuideFieldKind.Text, Defaults.Lora, $"A LoRA's path, or \"{GuideInput.NoLora}\"."),
        Field("lora_weight", GuideFieldKind.Number, Defaults.LoraWeight, "The LoRA's weight.") with { Minimum = 0, Maximum = 2, Number = input => input.LoraWeight },
        Field("output_format", GuideFieldKind.Text, "wav", "The format of the result.") with { Choices = GuideFormats.Names },
        Field("sample_rate", GuideFieldKind.WholeNumber, Defaults.SampleRate, "The sample rate of the result in Hz.") with
        {
            Choices = [.. Capability("sample_rate").Choices],
            Number = input => input.SampleRate,
        },
    ];

    /// <summary>The row of a name.</summary>
    public static GuideField Of(string name) => All.Single(field => field.Name == name);

    /// <summary>The guide's name of a task.</summary>
    public static string TaskName(MusicTask task) => MusicCapabilities.All[task].DeploymentTask;

    private static GuideField Field(string name, GuideFieldKind kind, object? defaultValue, string description) =>
        new() { Name = name, Kind = kind, Default = defaultValue, Description = description };

    private static GuideField Known(string name, GuideFieldKind kind, object? defaultValue) => Field(name, kind, defaultValue, Capability(name).Description);

    private static GuideField Number(string name, object? defaultValue, Func<GuideInput, double?> number)
    {
        FieldCapability known = Capability(name);
        return Known(name, GuideFieldKind.Number, defaultValue) with
        {
            Minimum = known.DeploymentMinimum ?? known.Minimum,
            Maximum = known.DeploymentMaximum ?? known.Maximum,
            Number = number,
        };
    }

    private static GuideField Choice<TEnum>(string name, TEnum defaultValue, string description)
        where TEnum : struct, Enum =>
        Field(name, GuideFieldKind.Text, EnumNames.Of(defaultValue), description) with { Choices = [.. Enum.GetValues<TEnum>().Select(value => EnumNames.Of(value))] };

    private static FieldCapability Capability(string name) => MusicCapabilities.All.Tasks.SelectMany(row => row.Fields).First(field => field.DeploymentName == name);
}
