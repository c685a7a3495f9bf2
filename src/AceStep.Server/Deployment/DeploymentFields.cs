using AceStep.Schedulers;

namespace AceStep.Server.Deployment;

/// <summary>The rows of <see cref="DeploymentInput.Fields"/>. Ranges, choices and meanings that <see cref="MusicCapabilities"/> knows are taken from there.</summary>
internal static class DeploymentFields
{
    private static readonly DeploymentInput Defaults = new();

    /// <summary>The deployment's fields in its order.</summary>
    public static IReadOnlyList<DeploymentField> All { get; } =
    [
        Field("task", DeploymentFieldKind.Text, TaskName(Defaults.Task), "What to do.") with { Choices = [.. MusicPipeline.Capabilities.Tasks.Select(row => row.DeploymentTask).Distinct()] },
        Known("prompt", DeploymentFieldKind.Text, Defaults.Prompt),
        Known("lyrics", DeploymentFieldKind.Text, Defaults.Lyrics),
        Number("audio_duration", Defaults.AudioDuration, input => input.AudioDuration) with { Promise = DeploymentMessages.InvalidAudioDuration + ": " },
        Field("input_audio", DeploymentFieldKind.Audio, null, "The source of every task but text2music."),
        Field("reference_audio", DeploymentFieldKind.Audio, null, "The source of audio2audio where input_audio is not given."),
        Choice("continuation_mode", Defaults.ContinuationMode, "Where a continuation adds music."),
        Number("inpaint_start_time", Defaults.InpaintStartTime, input => input.InpaintStartTime),
        Number("inpaint_end_time", Defaults.InpaintEndTime, input => input.InpaintEndTime),
        Number("extend_duration", Defaults.ExtendDuration, input => input.ExtendDuration) with { Description = "Seconds that a continuation adds; half on each side for extend_both." },
        Known("style_prompt", DeploymentFieldKind.Text, Defaults.StylePrompt),
        Known("style_lyrics", DeploymentFieldKind.Text, Defaults.StyleLyrics),
        Number("style_strength", Defaults.StyleStrength, input => input.StyleStrength) with { Description = "How far a style transfer goes: 0 (keep the original) to 1 (full transfer)." },
        Number("audio2audio_strength", Defaults.AudioToAudioStrength, input => input.AudioToAudioStrength),
        Known("preserve_vocals", DeploymentFieldKind.Flag, Defaults.PreserveVocals),
        Field("generate_accompaniment", DeploymentFieldKind.Flag, Defaults.GenerateAccompaniment, "Make accompaniment for the vocals in input_audio."),
        Choice("accompaniment_style", Defaults.AccompanimentStyle, "The accompaniment's style."),
        Number("infer_steps", Defaults.InferSteps, input => input.InferSteps) with { Kind = DeploymentFieldKind.WholeNumber },
        Number("guidance_scale", Defaults.GuidanceScale, input => input.GuidanceScale),
        Choice("scheduler_type", Defaults.Scheduler, "The scheduler."),
        Choice("cfg_type", Defaults.Guidance, "The rule of guidance."),
        Number("omega_scale", Defaults.OmegaScale, input => input.OmegaScale),
        Number("seed", null, input => input.Seed) with { Kind = DeploymentFieldKind.WholeNumber, Minimum = 0 },
        Number("variation_seed", null, input => input.VariationSeed) with { Kind = DeploymentFieldKind.WholeNumber, Minimum = 0 },
        Number("variation_strength", Defaults.VariationStrength, input => input.VariationStrength),
        Known("use_erg_tag", DeploymentFieldKind.Flag, Defaults.UseErgTag),
        Known("use_erg_lyric", DeploymentFieldKind.Flag, Defaults.UseErgLyric),
        Known("use_erg_diffusion", DeploymentFieldKind.Flag, Defaults.UseErgDiffusion),
        Number("guidance_scale_text", Defaults.GuidanceScaleText, input => input.GuidanceScaleText),
        Number("guidance_scale_lyric", Defaults.GuidanceScaleLyric, input => input.GuidanceScaleLyric),
        Field("lora_name_or_path", DeploymentFieldKind.Text, Defaults.Lora, $"A LoRA's path, or \"{DeploymentInput.NoLora}\"."),
        Field("lora_weight", DeploymentFieldKind.Number, Defaults.LoraWeight, "The LoRA's weight.") with { Minimum = 0, Maximum = 2, Number = input => input.LoraWeight },
        Field("output_format", DeploymentFieldKind.Text, "wav", "The format of the result.") with { Choices = DeploymentFormats.Names },
        Field("sample_rate", DeploymentFieldKind.WholeNumber, Defaults.SampleRate, "The sample rate of the result in Hz.") with
        {
            Choices = [.. Capability("sample_rate").Choices],
            Number = input => input.SampleRate,
        },
    ];

    /// <summary>The row of a name.</summary>
    public static DeploymentField Of(string name) => All.Single(field => field.Name == name);

    /// <summary>The deployment's name of a field of the library's; the name itself where it has none.</summary>
    public static string NameOf(string field) => All.Any(known => known.Name == field)
        ? field
        : MusicPipeline.Capabilities.Tasks.SelectMany(row => row.Fields).FirstOrDefault(known => known.Name == field && known.DeploymentName is not null)?.DeploymentName ?? field;

    /// <summary>The deployment's name of a task.</summary>
    public static string TaskName(MusicTask task) => MusicPipeline.Capabilities[task].DeploymentTask;

    private static DeploymentField Field(string name, DeploymentFieldKind kind, object? defaultValue, string description) =>
        new() { Name = name, Kind = kind, Default = defaultValue, Description = description };

    private static DeploymentField Known(string name, DeploymentFieldKind kind, object? defaultValue) => Field(name, kind, defaultValue, Capability(name).Description);

    private static DeploymentField Number(string name, object? defaultValue, Func<DeploymentInput, double?> number)
    {
        FieldCapability known = Capability(name);
        return Known(name, DeploymentFieldKind.Number, defaultValue) with
        {
            Minimum = known.DeploymentMinimum ?? known.Minimum,
            Maximum = known.DeploymentMaximum ?? known.Maximum,
            Number = number,
        };
    }

    private static DeploymentField Choice<TEnum>(string name, TEnum defaultValue, string description)
        where TEnum : struct, Enum =>
        Field(name, DeploymentFieldKind.Text, EnumNames.Of(defaultValue), description) with { Choices = [.. Enum.GetValues<TEnum>().Select(value => EnumNames.Of(value))] };

    private static FieldCapability Capability(string name) => MusicPipeline.Capabilities.Tasks.SelectMany(row => row.Fields).First(field => field.DeploymentName == name);
}
