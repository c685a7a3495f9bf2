using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AceStep.Audio;

namespace AceStep;

/// <summary>Requests and results as JSON.</summary>
/// <remarks>
/// <para>
/// A request is an object of its fields. A field that is left out has its default; an unknown field is an error.
/// Lengths and positions are seconds (12.5), seeds a number or an array of them, choices words ("heun", "cfg_star").
/// Where the type is <see cref="MusicRequest"/>, so that any task is possible, the first field is "task": "text_to_music".
/// </para>
/// <para>
/// A source is an object with one field: "audio", an audio file in base64; "latents", as in a result; or "file", a path.
/// Paths are refused unless the options allow them, since they let the author of the JSON open files on this machine. Audio
/// is written as a WAV file in base64: about 500 kB for each second of music.
/// </para>
/// </remarks>
public static class MusicJson
{
    private const string RequestSuffix = "Request";

    /// <summary>The default options: names in snake_case, sources from files refused. Immutable.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Adds converters for this library's requests and results to serializer options.</summary>
    /// <param name="options">The options, for instance those of a web application. Their naming policy stays as it is.</param>
    /// <param name="allowFiles">Whether a source may be a path on this machine. Default false.</param>
    /// <returns>The same options.</returns>
    /// <example>
    /// <code>
    /// builder.Services.ConfigureHttpJsonOptions(http => http.SerializerOptions.AddMusic());
    /// app.MapPost("/songs", async (TextToMusicRequest request, IMusicPipeline pipeline) => await pipeline.GenerateAsync(request));
    /// </code>
    /// </example>
    public static JsonSerializerOptions AddMusic(this JsonSerializerOptions options, bool allowFiles = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Converters.Add(new SeedsJsonConverter());
        options.Converters.Add(new SecondsJsonConverter());
        options.Converters.Add(new MusicSourceJsonConverter(allowFiles));
        options.Converters.Add(new MusicLatentsJsonConverter());
        options.Converters.Add(new AudioBufferJsonConverter());
        options.Converters.Add(new EnumNameJsonConverterFactory());
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(Describe);
        return options;
    }

    private static JsonSerializerOptions CreateOptions()
    {
        JsonSerializerOptions options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        }.AddMusic();
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>Makes unknown fields an error, and adds the field "task" to requests of any task.</summary>
    private static void Describe(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Namespace != typeof(MusicRequest).Namespace)
        {
            return;
        }

        if (typeof(MusicRequest).IsAssignableFrom(type.Type) || type.Type == typeof(GenerationSettings) || type.Type == typeof(GuidanceSettings))
        {
            type.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        }

        foreach (JsonPropertyInfo field in type.Properties.Where(field => Nullable.GetUnderlyingType(field.PropertyType) is not null))
        {
            // Options that leave out nulls also leave out the variation seed of a song that has none.
            field.IsRequired = false;
        }

        if (type.Type == typeof(MusicRequest))
        {
            // Otherwise .NET reports an unsupported type, which web applications treat as an error of their own.
            type.CreateObject = static () => throw new JsonException("\"task\" must come first and name the task, such as \"text_to_music\".");
            type.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "task" };
            foreach (Type task in typeof(MusicRequest).Assembly.GetTypes().Where(candidate => candidate.IsSubclassOf(typeof(MusicRequest)) && !candidate.IsAbstract))
            {
                type.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(task, JsonNamingPolicy.SnakeCaseLower.ConvertName(task.Name[..^RequestSuffix.Length])));
            }
        }
    }
}
