using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Security;
using AceStep.Server.Storage;

namespace AceStep.Server.Work;

/// <summary>Accepts predictions: everything that can be refused is refused here, and what is accepted is stored when this returns.</summary>
internal sealed class PredictionIntake(IPredictionQueue queue, FileStore files, OutputAddresses outputs, GuardedHttp http, IBlobStore blobs, ServerSecret secret, LoraPlaces loras, AceStepServerOptions options, TimeProvider time)
{
    private const int LongestAddress = 4096;

    private static ReadOnlySpan<byte> Base64Mark => ";base64"u8;

    /// <summary>Accepts a prediction.</summary>
    /// <param name="input">The inputs, as the client sent them.</param>
    /// <param name="draft">What else the job has; its input, id and seeds are filled in here.</param>
    /// <param name="repeatKey">What makes a repeated request the same one, for one caller; null where nothing does.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Problem">The inputs break a rule.</exception>
    public async Task<PredictionRecord> AcceptAsync(JsonElement input, PredictionJob draft, string? repeatKey, CancellationToken cancellationToken)
    {
        IReadOnlyList<InputProblem> problems = InputProblem.Find(input);
        if (problems.Count > 0)
        {
            throw Problem.Invalid(problems);
        }

        string hash = HashOf(draft.Model, input);
        string id = ServerSecret.NewId();
        if (repeatKey is not null)
        {
            id = secret.IdOf("repeat", repeatKey);
            if (await queue.GetAsync(id, cancellationToken) is { } earlier)
            {
                return earlier.Job.ContentHash == hash
                    ? earlier
                    : throw new Problem(422, "This Idempotency-Key was used before, with other inputs.", "Input validation failed");
            }
        }
        else if (options.ReusesEqualResults && HasSeed(input))
        {
            string equal = secret.IdOf("equal", hash);
            PredictionRecord? earlier = await queue.GetAsync(equal, cancellationToken);
            if (earlier is { Status: not (PredictionStatus.Failed or PredictionStatus.Canceled), IsDataRemoved: false })
            {
                return earlier;
            }

            id = earlier is null ? equal : id;
        }

        blobs.RequireRoom(0);
        JsonObject known = Known(input);
        DeploymentInput parsed = await CheckAsync(known, cancellationToken);
        await ResolveAudioAsync(known, input, draft.BaseUrl, cancellationToken);
        PredictionJob job = draft with
        {
            Id = id,
            Input = known.ToJsonString(),
            Seed = parsed.Seed ?? Random.Shared.NextInt64(1L << 32),
            VariationSeed = parsed.VariationSeed ?? Random.Shared.NextInt64(1L << 32),
            Lora = parsed.Lora,
            Cost = Cost(parsed),
            Created = time.GetUtcNow(),
            ContentHash = hash,
        };
        return await queue.EnqueueAsync(job, cancellationToken);
    }

    /// <summary>The known fields of the inputs that have a value, each once; nothing else is ever stored, echoed or logged.</summary>
    private static IEnumerable<(DeploymentField Field, JsonElement Value)> Given(JsonElement input)
    {
        foreach (DeploymentField field in DeploymentInput.Fields)
        {
            if (input.TryGetProperty(field.Name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
            {
                yield return (field, value);
            }
        }
    }

    /// <summary>The same as an object, in which a word stands for audio that is within the request.</summary>
    private static JsonObject Known(JsonElement input)
    {
        JsonObject known = [];
        foreach ((DeploymentField field, JsonElement value) in Given(input))
        {
            known[field.Name] = IsAudioWithin(field, value) ? "data:" : JsonNode.Parse(value.GetRawText());
        }

        return known;
    }

    private static bool IsAudioWithin(DeploymentField field, JsonElement value) => field.Kind == DeploymentFieldKind.Audio && LargeText.IsPlainData(value);

    /// <summary>The hash of a model's name and all known inputs, as they were sent.</summary>
    private static string HashOf(string model, JsonElement input)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model));
        foreach ((DeploymentField field, JsonElement value) in Given(input))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($",{field.Name}:"));
            hash.AppendData(JsonMarshal.GetRawUtf8Value(value));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool HasSeed(JsonElement input) => input.TryGetProperty("seed", out JsonElement seed) && seed.ValueKind == JsonValueKind.Number && seed.GetDouble() >= 0;

    /// <summary>The rules between fields, and those of the task: as the library has them, with the deployment's names.</summary>
    private async Task<DeploymentInput> CheckAsync(JsonObject known, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(known.ToJsonString());
            DeploymentInput parsed = DeploymentInput.Parse(document.RootElement);
            parsed.ToRequest(_ => MusicSource.FromFile("source"));
            if (parsed.OutputFormat != AudioFormat.Wav && !AudioLibrary.IsAvailable)
            {
                throw new InvalidRequestException("output_format", "must be wav: this server lacks libsndfile, which writes the other formats.");
            }

            if (parsed.Lora is { } lora)
            {
                await loras.RequireAsync(lora, cancellationToken);
            }

            return parsed;
        }
        catch (InvalidRequestException error)
        {
            throw Problem.Invalid([new InputProblem("invalid", error.Field, error.Rule)]);
        }
    }

    /// <summary>Audio within the request becomes an uploaded file; the server's own addresses must lead somewhere; others must be ones that it may ask.</summary>
    private async Task ResolveAudioAsync(JsonObject known, JsonElement input, string baseUrl, CancellationToken cancellationToken)
    {
        foreach ((DeploymentField field, JsonElement value) in Given(input).Where(given => given.Field.Kind == DeploymentFieldKind.Audio))
        {
            if (IsAudioWithin(field, value))
            {
                known[field.Name] = await StoreAsync(field.Name, () => Decode(value), baseUrl, cancellationToken);
            }
            else if (known[field.Name]?.GetValue<string>() is { Length: > 0 } address)
            {
                known[field.Name] = await ResolveAudioAsync(field.Name, address, baseUrl, cancellationToken);
            }
        }
    }

    private async Task<string> ResolveAudioAsync(string field, string address, string baseUrl, CancellationToken cancellationToken)
    {
        if (address.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return await StoreAsync(field, () => Decode(address), baseUrl, cancellationToken);
        }

        string? objection = address.Length > LongestAddress ? $"is longer than {LongestAddress} characters" : OwnAddress.Parse(address, baseUrl) switch
        {
            { FileId: { } id } => await files.FindAsync(id, cancellationToken) is null ? "names an uploaded file that does not exist" : null,
            { OutputPath: { } path } => outputs.BlobOf(path) is null ? "names a song that does not exist" : null,
            _ => http.Objection(address) is { } refused ? $"{refused}, a data: address, or the address of an uploaded file" : null,
        };
        return objection is null ? address : throw Problem.Invalid([new InputProblem("invalid", field, objection)]);
    }

    /// <summary>Stores audio that is within the request; gives its address from now on.</summary>
    private async Task<string> StoreAsync(string field, Func<ArraySegment<byte>> decode, string baseUrl, CancellationToken cancellationToken)
    {
        try
        {
            ArraySegment<byte> bytes = decode();
            using MemoryStream stream = new(bytes.Array!, bytes.Offset, bytes.Count);
            ReceivedFile received = await files.ReceiveAsync(stream, cancellationToken);
            StoredFile file = await files.DescribeAsync(received, "data", null, new Dictionary<string, string>(), cancellationToken);
            return $"{baseUrl}{OwnAddress.Files}{file.Id}";
        }
        catch (Exception error) when (error is FormatException or AudioFormatException or FileTooLargeException)
        {
            throw Problem.Invalid([new InputProblem("invalid", field, $"contains no audio that can be used: {error.Message}")]);
        }
    }

    /// <summary>Decodes an address where it lies: as text it would be twice as large.</summary>
    /// <exception cref="FormatException">It is no data: address.</exception>
    private static ArraySegment<byte> Decode(JsonElement value)
    {
        ReadOnlySpan<byte> address = LargeText.PlainData(value);
        int comma = address.IndexOf((byte)',');
        if (comma < 0 || !Ascii.EqualsIgnoreCase(address[Math.Max(0, comma - Base64Mark.Length)..comma], Base64Mark))
        {
            return Decode(value.GetString()!);
        }

        ReadOnlySpan<byte> content = address[(comma + 1)..];
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(content.Length)];
        return Base64.DecodeFromUtf8(content, bytes, out int consumed, out int written) == OperationStatus.Done && consumed == content.Length
            ? new ArraySegment<byte>(bytes, 0, written)
            : throw new FormatException("What follows the comma is not base64.");
    }

    /// <exception cref="FormatException">It is no data: address.</exception>
    private static ArraySegment<byte> Decode(string address)
    {
        int comma = address.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            throw new FormatException("The data: address has no comma.");
        }

        string content = address[(comma + 1)..];
        return address.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase)
            ? Convert.FromBase64String(content)
            : WebUtility.UrlDecodeToBytes(Encoding.ASCII.GetBytes(content.Replace("+", "%2B", StringComparison.Ordinal)), 0, Encoding.ASCII.GetByteCount(content.Replace("+", "%2B", StringComparison.Ordinal)));
    }

    /// <summary>Frames times steps, roughly: sources are not opened for it.</summary>
    private static double Cost(DeploymentInput input)
    {
        double seconds = input.Task switch
        {
            MusicTask.TextToMusic or MusicTask.Variation => input.Number("audio_duration"),
            MusicTask.Continuation => 30 + input.Number("extend_duration"),
            _ => 30,
        };
        return seconds * input.Number("infer_steps");
    }
}
