using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AceStep;

/// <summary>Seeds as a number, an array of numbers, or null for none.</summary>
internal sealed class SeedsJsonConverter : JsonConverter<Seeds>
{
    public override bool HandleNull => true;

    public override Seeds Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return Seeds.Random;
            case JsonTokenType.Number:
                return Number(ref reader);
            case JsonTokenType.StartArray:
                List<long> seeds = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    seeds.Add(Number(ref reader));
                }

                return [.. seeds];
            default:
                throw new JsonException("Seeds must be a whole number or an array of them.");
        }
    }

    public override void Write(Utf8JsonWriter writer, Seeds value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case null or { Count: 0 }:
                writer.WriteNullValue();
                break;
            case [long only]:
                writer.WriteNumberValue(only);
                break;
            default:
                JsonSerializer.Serialize(writer, value.ToArray(), options);
                break;
        }
    }

    private static long Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long seed)
        ? seed
        : throw new JsonException($"A seed must be {Seeds.Rule}.");
}

/// <summary>Times as seconds; .NET's own form ("00:00:12.5") is read too.</summary>
internal sealed class SecondsJsonConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds)
        {
            // Rounded, since TimeSpan.FromSeconds truncates: a time that was written as seconds is read back exactly.
            return new TimeSpan((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
        }

        return reader.TokenType == JsonTokenType.String && TimeSpan.TryParseExact(reader.GetString(), "c", CultureInfo.InvariantCulture, out TimeSpan time)
            ? time
            : throw new JsonException("A time must be a number of seconds such as 12.5.");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
}

/// <summary>Writes this library's enumerations as lower-case words joined by underscores. Dashes and capitals can be read too.</summary>
internal sealed class EnumNameJsonConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum && typeToConvert.Namespace?.StartsWith(nameof(AceStep), StringComparison.Ordinal) == true;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<TEnum> : JsonConverter<TEnum>
        where TEnum : struct, Enum
    {
        public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && EnumNames.TryParse(reader.GetString()!, out TEnum value)
                ? value
                : throw new JsonException($"It must be one of {string.Join(", ", Enum.GetValues<TEnum>().Select(value => EnumNames.Of(value)))}.");

        public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(EnumNames.Of(value));
    }
}
