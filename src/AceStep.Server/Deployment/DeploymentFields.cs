namespace AceStep.Server.Deployment;

/// <summary>
/// The rows of <see cref="DeploymentInput.Fields"/>: what the library's requests declare as the deployment's on their
/// properties, and what the deployment has beside them. A field that a request gets is here by that declaration alone.
/// </summary>
internal static class DeploymentFields
{
    private static readonly MusicTask[] EveryTask = Enum.GetValues<MusicTask>();

    /// <summary>The order in which the deployment was published. What requests declare beyond it comes after it, in their order.</summary>
    private static readonly string[] Order =
    [
        "task", "prompt", "lyrics", "audio_duration", "input_audio", "reference_audio", "continuation_mode", "inpaint_start_time", "inpaint_end_time",
        "extend_duration", "style_prompt", "style_lyrics", "style_strength", "audio2audio_strength", "preserve_vocals", "generate_accompaniment",
        "accompaniment_style", "infer_steps", "guidance_scale", "scheduler_type", "cfg_type", "omega_scale", "seed", "variation_seed", "variation_strength",
        "use_erg_tag", "use_erg_lyric", "use_erg_diffusion", "guidance_scale_text", "guidance_scale_lyric", "lora_name_or_path", "lora_weight",
        "output_format", "sample_rate",
    ];

    public static DeploymentField Task { get; } = Own("task", DeploymentFieldKind.Text, TaskName(MusicTask.TextToMusic), "The task: what kind of music to make, and from what.") with
    {
        Choices = [.. EveryTask.Select(TaskName).Distinct()],
    };

    public static DeploymentField ReferenceAudio { get; } =
        Own("reference_audio", DeploymentFieldKind.Audio, null, "The source of audio2audio where input_audio is not given.", MusicTask.AudioToAudio);

    public static DeploymentField ContinuationMode { get; } =
        Own("continuation_mode", DeploymentFieldKind.Text, EnumNames.Of(Deployment.ContinuationMode.ExtendEnd), "Where a continuation adds music.", MusicTask.Continuation, MusicTask.Inpainting) with
        {
            Choices = [.. EnumNames.All(typeof(ContinuationMode)).Select(mode => mode.Key)],
        };

    public static DeploymentField GenerateAccompaniment { get; } = Own("generate_accompaniment", DeploymentFieldKind.Flag, false, "Make accompaniment for the vocals in input_audio.");

    public static DeploymentField Lora { get; } = Own("lora_name_or_path", DeploymentFieldKind.Text, DeploymentInput.NoLora, $"A LoRA: its name on the hub, or in the server's folder; \"{DeploymentInput.NoLora}\" for none.") with { MaximumLength = 1000 };

    public static DeploymentField LoraWeight { get; } = Own("lora_weight", DeploymentFieldKind.Number, 1.0, "The LoRA's weight.") with { Minimum = 0, Maximum = 2 };

    public static DeploymentField OutputFormat { get; } = Own("output_format", DeploymentFieldKind.Text, DeploymentFormats.Names[0], "The format of the result.") with { Choices = DeploymentFormats.Names };

    /// <summary>The deployment's fields in its order.</summary>
    public static IReadOnlyList<DeploymentField> All { get; } =
        Arrange([Task, ReferenceAudio, ContinuationMode, GenerateAccompaniment, Lora, LoraWeight, OutputFormat, .. OfRequests(RequestSchema.All)]);

    /// <summary>The deployment's name of a task.</summary>
    public static string TaskName(MusicTask task) => RequestSchema.Of(task).Capability.DeploymentTask;

    /// <summary>What the requests declare as the deployment's: a row for each name, however many tasks have it.</summary>
    /// <exception cref="InvalidOperationException">Two fields of one name do not take the same.</exception>
    internal static IEnumerable<DeploymentField> OfRequests(IEnumerable<RequestSchema> schemas) => schemas
        .SelectMany(schema => schema.Fields.Where(field => field.Declaration.Deployment is not null).Select(field => (schema.Task, Field: field)))
        .GroupBy(known => known.Field.Declaration.Deployment!)
        .Select(known =>
        {
            DeploymentField[] rows = [.. known.Select(one => Of(known.Key, one.Field))];
            return rows.FirstOrDefault(row => !row.TakesTheSame(rows[0])) is null
                ? rows[0] with { Tasks = [.. known.Select(one => one.Task).Distinct()] }
                : throw new InvalidOperationException($"The requests' fields of the deployment's name {known.Key} must have the same kind, range, choices and default.");
        });

    private static DeploymentField Of(string name, RequestField field)
    {
        RequestFieldAttribute declared = field.Declaration;
        FieldCapability known = field.Capability;
        DeploymentFieldKind kind = field.Kind switch
        {
            FieldKind.Text or FieldKind.Choice => DeploymentFieldKind.Text,
            FieldKind.Number or FieldKind.Seconds => DeploymentFieldKind.Number,
            FieldKind.WholeNumber or FieldKind.Seeds => DeploymentFieldKind.WholeNumber,
            FieldKind.Flag => DeploymentFieldKind.Flag,
            FieldKind.Source => DeploymentFieldKind.Audio,
            _ => throw new NotSupportedException($"{field.Name} cannot be a field of the deployment: that has none that hold {field.Kind}."),
        };
        bool isNumber = kind is DeploymentFieldKind.Number or DeploymentFieldKind.WholeNumber;
        return new DeploymentField
        {
            Name = name,
            Description = declared.DeploymentDescription ?? declared.Description,
            Kind = kind,
            Default = declared.DeploymentDefault ?? DefaultOf(field),
            Minimum = isNumber ? known.DeploymentMinimum ?? known.Minimum : null,
            Maximum = isNumber ? known.DeploymentMaximum ?? known.Maximum : null,
            Choices = [.. field.Choices.Select(choice => choice.Key)],
            MaximumLength = kind == DeploymentFieldKind.Text && known.Maximum is { } longest ? (int)longest : int.MaxValue,
            IsSeed = field.Kind == FieldKind.Seeds,
            Promise = declared is DurationFieldAttribute ? DeploymentMessages.InvalidAudioDuration + ": " : "",
        };
    }

    private static object? DefaultOf(RequestField field) => field.Default switch
    {
        TimeSpan time => time.TotalSeconds,
        Enum choice => EnumNames.Of(choice),
        int number => (long)number,
        Seeds or null => null,
        double share when field.Declaration.IsRestInDeployment => 1 - share,
        var value => value,
    };

    private static DeploymentField Own(string name, DeploymentFieldKind kind, object? defaultValue, string description, params MusicTask[] tasks) =>
        new() { Name = name, Kind = kind, Default = defaultValue, Description = description, Tasks = tasks.Length > 0 ? tasks : EveryTask };

    private static DeploymentField[] Arrange(IReadOnlyList<DeploymentField> fields) =>
    [
        .. Order.Select(name => fields.Single(field => field.Name == name)),
        .. fields.Where(field => !Order.Contains(field.Name)),
    ];
}
