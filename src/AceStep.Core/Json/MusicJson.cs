using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AceStep.Audio;

namespace AceStep;

/// <summary>Requests and results as JSON.</summary>
/// <remarks>
/// <para>
/// A request is an object of its fields; a field that is left out has its default, and one that the request lacks is an error.
/// Lengths and positions are seconds (12.5), seeds a number or an array of them, choices words ("heun", "cfg_star").
/// Where any task is possible (a <see cref="MusicRequest"/>), "task" comes first and says which: "text_to_music".
/// </para>
/// <para>
/// A source is an object with one field: "audio", a sound file in base64; "latents", as a result has them; or "file", a path,
/// which is read only where the options allow it, since whoever writes the JSON then chooses which files are opened.
/// A sound is a WAV file in base64: about 500 kB a second of music.
/// </para>
/// </remarks>
public static class MusicJson
{
    private const string RequestSuffix = "Request";

    /// <summary>Names in snake_case, sources from files refused. Immutable.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Teaches serializer options the requests and results of this library.</summary>
    /// <param name="options">Those of a web application, for instance. Their naming of fields stays as it is.</param>
    /// <param name="allowFiles">Whether a source may be a path. Default false.</param>
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

    /// <summary>A misspelt field is refused, and a request of any task says which it is.</summary>
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
            // Whoever leaves nulls out leaves out the variation seed of a song without one.
            field.IsRequired = false;
        }

        if (type.Type == typeof(MusicRequest))
        {
            type.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "task" };
            foreach (Type task in typeof(MusicRequest).Assembly.GetTypes().Where(candidate => candidate.IsSubclassOf(typeof(MusicRequest)) && !candidate.IsAbstract))
            {
                type.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(task, JsonNamingPolicy.SnakeCaseLower.ConvertName(task.Name[..^RequestSuffix.Length])));
            }
        }
    }
}
