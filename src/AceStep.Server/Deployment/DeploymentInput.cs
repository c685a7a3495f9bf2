using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Audio;

namespace AceStep.Server.Deployment;

/// <summary>
/// The inputs of the model's deployment (its HTTP interface), with its names, defaults and ranges. Immutable.
/// <see cref="ToRequest"/> makes the library's request of them.
/// </summary>
/// <remarks>
/// <para>
/// Which inputs there are, and which field of a request each of them fills, the requests declare on their properties;
/// <see cref="Fields"/> lists them.
/// </para>
/// <para>
/// The deployment's strengths count the change: audio2audio_strength 0.2 stays near the source, 0.9 leaves it behind. The
/// original's <c>ref_audio_strength</c> counts what is kept; 0.2 here is 0.8 there. style_strength 0.7 runs the last 70 % of the
/// steps towards the new style; the original's <c>edit_n_min</c> is the share that is skipped, 0.3.
/// </para>
/// <para>Fixed by the deployment: guidance interval 0.5, no decay, least guidance scale 3, one song.</para>
/// </remarks>
public sealed partial class DeploymentInput
{
    /// <summary>What lora_name_or_path says when there is none.</summary>
    public const string NoLora = "none";

    private const string InputAudio = "input_audio";
    private const string ExtendDuration = "extend_duration";
    private const string VariationStrength = "variation_strength";
    private const string SeedName = "seed";
    private const string VariationSeedName = "variation_seed";

    private readonly Dictionary<string, object> _given;

    private DeploymentInput(Dictionary<string, object> given) => _given = given;

    /// <summary>The deployment's fields in its order: names, defaults, ranges. Known without loading anything.</summary>
    public static IReadOnlyList<DeploymentField> Fields => DeploymentFields.All;

    /// <summary>The library's task for these inputs: text2music with a variation_strength is a variation, with generate_accompaniment an accompaniment; inpaint_middle is inpainting.</summary>
    public MusicTask Task => MusicPipeline.Capabilities.Tasks.First(row => row.DeploymentTask == Text(DeploymentFields.Task.Name)).Task switch
    {
        MusicTask.TextToMusic when Flag(DeploymentFields.GenerateAccompaniment.Name) => MusicTask.Accompaniment,
        MusicTask.TextToMusic when Number(VariationStrength) > 0 => MusicTask.Variation,
        MusicTask.Continuation when Mode == ContinuationMode.InpaintMiddle => MusicTask.Inpainting,
        var task => task,
    };

    /// <summary>The seed; null: drawn at random.</summary>
    public long? Seed => this[SeedName] as long?;

    /// <summary>The seed of the second noise; null: drawn at random.</summary>
    public long? VariationSeed => this[VariationSeedName] as long?;

    /// <summary>The prompt.</summary>
    public string Prompt => Text("prompt");

    /// <summary>The LoRA that is named; null for none. Loaded by the caller, who holds the pipeline.</summary>
    public string? Lora => Text(DeploymentFields.Lora.Name) is { Length: > 0 } name && name != NoLora ? name : null;

    /// <summary>The LoRA's weight, 0 to 2.</summary>
    public double LoraWeight => Number(DeploymentFields.LoraWeight.Name);

    /// <summary>The format of the result's file.</summary>
    public AudioFormat OutputFormat => DeploymentFormats.Of(Text(DeploymentFields.OutputFormat.Name));

    /// <summary>What was asked for and has no effect, in plain words. Often empty.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes = [];
            MusicTask task = Task;
            foreach (DeploymentField unread in Fields.Where(known => !known.Tasks.Contains(task) && _given.TryGetValue(known.Name, out object? value) && !value.Equals(known.Default)))
            {
                notes.Add($"{unread.Name} has no effect: the task is {EnumNames.Of(task)}; it is used only by {FieldText.OneOf([.. unread.Tasks.Select(reader => EnumNames.Of(reader))])}.");
            }

            if (Audio(DeploymentFields.ReferenceAudio.Name) is not null && task == MusicTask.AudioToAudio && Audio(InputAudio) is not null)
            {
                notes.Add($"{DeploymentFields.ReferenceAudio.Name} has no effect beside {InputAudio}: the model cannot take a voice or a style from a recording.");
            }

            if (task == MusicTask.Accompaniment)
            {
                notes.Add("The model has no network for accompaniment: audio to audio is used instead, from the vocals and with the style added to the prompt.");
            }

            return notes;
        }
    }

    private ContinuationMode Mode => EnumNames.TryParse(Text(DeploymentFields.ContinuationMode.Name), out ContinuationMode mode) ? mode : default;

    /// <summary>The value of a field, given or by default: text, <see cref="double"/>, <see cref="long"/> or <see cref="bool"/>; null where there is neither.</summary>
    /// <param name="field">The deployment's name.</param>
    /// <exception cref="ArgumentException">There is no such field.</exception>
    public object? this[string field] => _given.TryGetValue(field, out object? value) ? value
        : (Fields.FirstOrDefault(known => known.Name == field) ?? throw new ArgumentException($"The deployment has no field {field}.", nameof(field))).Default;

    /// <summary>Reads inputs from a JSON object. Unknown fields are left alone, as the deployment does; null means the default.</summary>
    /// <exception cref="InvalidRequestException">A value is of the wrong type, unknown, or out of range; names the deployment's field.</exception>
    public static DeploymentInput Parse(JsonElement input)
    {
        Dictionary<string, object> given = [];
        IReadOnlyList<InputProblem> problems = InputProblem.Find(input, (field, value) => given[field.Name] = value);
        if (problems is [var first, ..])
        {
            throw new InvalidRequestException(first.Field.Length > 0 ? first.Field : "input", first.Rule);
        }

        DeploymentInput parsed = new(given);
        if (parsed.Flag(DeploymentFields.GenerateAccompaniment.Name) && parsed.Task != MusicTask.Accompaniment)
        {
            throw new InvalidRequestException(DeploymentFields.GenerateAccompaniment.Name, "can be true only with the task vocal_accompaniment.");
        }

        return parsed;
    }

    /// <summary>The library's request for these inputs, valid by all that is known without opening its source.</summary>
    /// <param name="open">Makes a source of an audio input; without it, that is a path.</param>
    /// <exception cref="InvalidRequestException">The task's source is missing, or fields do not go together; names the deployment's field.</exception>
    public MusicRequest ToRequest(Func<string, MusicSource>? open = null)
    {
        MusicTask task = Task;
        var schema = RequestSchema.Of(task);
        Dictionary<string, object> values = [];
        foreach (RequestField field in schema.Fields.Where(field => field.Declaration.Deployment is not null))
        {
            if (ValueOf(task, field, open ?? MusicSource.FromFile) is { } value)
            {
                values[field.Name] = value;
            }
        }

        MusicRequest request = schema.Create(values);
        try
        {
            MusicPipeline.Validate(request);
            return request;
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidRequestException(Translate(schema, error.Field), Word().Replace(error.Rule, word => Translate(schema, word.Value)));
        }
    }

    /// <summary>The same inputs with other seeds.</summary>
    internal DeploymentInput WithSeeds(long seed, long variationSeed) => new(new Dictionary<string, object>(_given) { [SeedName] = seed, [VariationSeedName] = variationSeed });

    /// <summary>A number's value.</summary>
    internal double Number(string field) => this[field] is long whole ? whole : (double)this[field]!;

    /// <summary>What a field of the request becomes; null leaves it at the request's own default.</summary>
    private object? ValueOf(MusicTask task, RequestField field, Func<string, MusicSource> open) => (task, field.Name) switch
    {
        (MusicTask.Continuation, nameof(ContinuationRequest.Before)) => Extension(ContinuationMode.ExtendStart),
        (MusicTask.Continuation, nameof(ContinuationRequest.After)) => Extension(ContinuationMode.ExtendEnd),
        // At 0 the span would come back as it was: what need not be asked for.
        (MusicTask.Inpainting, nameof(InpaintingRequest.Strength)) when Number(VariationStrength) == 0 => null,
        (MusicTask.AudioToAudio, nameof(AudioToAudioRequest.Source)) => open(RequireAudio(Audio(InputAudio) ?? Audio(DeploymentFields.ReferenceAudio.Name))),
        _ when field.Kind == FieldKind.Source => open(RequireAudio(Audio(field.Declaration.Deployment!))),
        _ => this[field.Declaration.Deployment!] is { } value ? ToField(field, value) : null,
    };

    private static object ToField(RequestField field, object value) => (field.Kind, value) switch
    {
        (FieldKind.Number, double number) => field.Declaration.IsRestInDeployment ? 1 - number : number,
        (FieldKind.Seconds, double seconds) => TimeSpan.FromSeconds(seconds),
        (FieldKind.WholeNumber, long number) => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
        (FieldKind.Seeds, long seed) => Seeds.FromInt64(seed),
        (FieldKind.Choice, string name) => field.Choices.First(choice => choice.Key == name).Value,
        _ => value,
    };

    /// <summary>Half of the new music on each side, or all of it on one.</summary>
    private TimeSpan Extension(ContinuationMode side) => TimeSpan.FromSeconds(
        Mode == ContinuationMode.ExtendBoth ? Number(ExtendDuration) / 2
        : Mode == side ? Number(ExtendDuration)
        : 0);

    /// <summary>The deployment's name of a request's field, however it is written; the word itself where it is none.</summary>
    private static string Translate(RequestSchema schema, string word) =>
        schema.Fields.FirstOrDefault(field => field.Declaration.Deployment is not null && (field.Name == word || field.Name.EndsWith("." + word, StringComparison.Ordinal)))?.Declaration.Deployment ?? word;

    private string RequireAudio(string? audio) => audio ?? throw new InvalidRequestException(InputAudio, $"is needed by the task {DeploymentFields.TaskName(Task)}.");

    private string? Audio(string field) => this[field] is string { Length: > 0 } address ? address : null;

    private string Text(string field) => (string)this[field]!;

    private bool Flag(string field) => (bool)this[field]!;

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+\b")]
    private static partial Regex Word();
}
