using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using AceStep.Audio;

namespace AceStep;

/// <summary>Writes audio as a WAV file in base64, which is lossless. Other formats can be read too.</summary>
internal sealed class AudioBufferJsonConverter : JsonConverter<AudioBuffer>
{
    public override AudioBuffer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out byte[]? file))
        {
            throw new JsonException("Audio must be a file in base64.");
        }

        try
        {
            return AudioFile.Load(new MemoryStream(file, writable: false));
        }
        catch (Exception error) when (error is AudioFormatException or NotSupportedException)
        {
            throw new JsonException($"The audio cannot be read: {error.Message}", error);
        }
    }

    public override void Write(Utf8JsonWriter writer, AudioBuffer value, JsonSerializerOptions options)
    {
        using MemoryStream file = new();
        AudioFile.Save(value, file, AudioFormat.Wav);
        writer.WriteBase64StringValue(file.GetBuffer().AsSpan(0, (int)file.Length));
    }
}

/// <summary>Writes latents as their values (little-endian float32 in base64) and their settings.</summary>
internal sealed class MusicLatentsJsonConverter : JsonConverter<MusicLatents>
{
    public override MusicLatents Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Stored stored = JsonSerializer.Deserialize<Stored>(ref reader, options) ?? throw new JsonException("Latents must not be null.");
        try
        {
            return MusicLatents.Create(MemoryMarshal.Cast<byte, float>(stored.Values), stored.Settings);
        }
        catch (ArgumentException error)
        {
            throw new JsonException(error.Message, error);
        }
    }

    public override void Write(Utf8JsonWriter writer, MusicLatents value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, new Stored(MemoryMarshal.AsBytes(value.Values).ToArray(), value.Settings.ToDictionary()), options);

    private sealed record Stored(byte[] Values, Dictionary<string, string>? Settings = null);
}

/// <summary>A source as an object with one field: "audio", "latents" or, if that is allowed, "file".</summary>
/// <param name="allowFiles">Whether paths are allowed.</param>
internal sealed class MusicSourceJsonConverter(bool allowFiles) : JsonConverter<MusicSource>
{
    private static readonly AudioBufferJsonConverter Audio = new();
    private static readonly MusicLatentsJsonConverter Latents = new();

    /// <summary>The converter of options without <see cref="MusicJson.AddMusic"/>: paths are not allowed.</summary>
    public MusicSourceJsonConverter()
        : this(allowFiles: false)
    {
    }

    private const string AudioField = "audio";
    private const string LatentsField = "latents";
    private const string FileField = "file";

    public override MusicSource Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            throw Malformed();
        }

        string field = reader.GetString()!;
        reader.Read();
        MusicSource source = field switch
        {
            AudioField => MusicSource.FromAudio(Audio.Read(ref reader, typeof(AudioBuffer), options)),
            LatentsField => MusicSource.FromLatents(Latents.Read(ref reader, typeof(MusicLatents), options)),
            FileField when !allowFiles => throw new JsonException("A source must not be a file path here; send the file's bytes as \"audio\"."),
            FileField when reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } path => MusicSource.FromFile(path),
            _ => throw Malformed(),
        };
        return reader.Read() && reader.TokenType == JsonTokenType.EndObject ? source : throw Malformed();
    }

    public override void Write(Utf8JsonWriter writer, MusicSource value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        if (value.FilePath is { } path)
        {
            writer.WriteString(FileField, path);
        }
        else
        {
            (AudioBuffer? audio, MusicLatents? latents, _) = value.Open(static _ => { }, CancellationToken.None);
            if (audio is not null)
            {
                writer.WritePropertyName(AudioField);
                Audio.Write(writer, audio, options);
            }
            else
            {
                writer.WritePropertyName(LatentsField);
                Latents.Write(writer, latents!, options);
            }
        }

        writer.WriteEndObject();
    }

    private static JsonException Malformed() => new($"A source must be an object with one field: \"{AudioField}\", \"{LatentsField}\" or \"{FileField}\".");
}
