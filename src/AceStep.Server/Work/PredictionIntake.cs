using System.Net;
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

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(draft.Model + Known(input).ToJsonString())));
        string id = ServerSecret.NewId();
        if (repeatKey is not null)
        {
            id = secret.IdOf("repeat", repeatKey);
            if (await queue.GetAsync(id, cancellationToken) is { } earlier)
            {
                return earlier.Job.ContentHash == hash
                    ? earlier
                    : throw new Problem(422, "The Idempotency-Key was used for other inputs before.", "Input validation failed");
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
        await ResolveAudioAsync(known, draft.BaseUrl, cancellationToken);
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
    private static JsonObject Known(JsonElement input)
    {
        JsonObject known = [];
        foreach (DeploymentField field in DeploymentInput.Fields)
        {
            if (input.TryGetProperty(field.Name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
            {
                known[field.Name] = JsonNode.Parse(value.GetRawText());
            }
        }

        return known;
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
    private async Task ResolveAudioAsync(JsonObject known, string baseUrl, CancellationToken cancellationToken)
    {
        foreach (string field in DeploymentInput.Fields.Where(field => field.Kind == DeploymentFieldKind.Audio).Select(field => field.Name))
        {
            if (known[field]?.GetValue<string>() is { Length: > 0 } address)
            {
                known[field] = await ResolveAudioAsync(field, address, baseUrl, cancellationToken);
            }
        }
    }

    private async Task<string> ResolveAudioAsync(string field, string address, string baseUrl, CancellationToken cancellationToken)
    {
        if (address.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            StoredFile file = await StoreAsync(field, address, cancellationToken);
            return $"{baseUrl}{OwnAddress.Files}{file.Id}";
        }

        string? objection = address.Length > LongestAddress ? $"is longer than {LongestAddress} characters" : OwnAddress.Parse(address, baseUrl) switch
        {
            { FileId: { } id } => await files.FindAsync(id, cancellationToken) is null ? "names an uploaded file that is not there" : null,
            { OutputPath: { } path } => outputs.BlobOf(path) is null ? "names a song that is not there" : null,
            _ => http.Objection(address) is { } refused ? $"{refused}, a data: address, or the address of an uploaded file" : null,
        };
        return objection is null ? address : throw Problem.Invalid([new InputProblem("invalid", field, objection)]);
    }

    private async Task<StoredFile> StoreAsync(string field, string address, CancellationToken cancellationToken)
    {
        try
        {
            byte[] bytes = Decode(address);
            using MemoryStream stream = new(bytes);
            ReceivedFile received = await files.ReceiveAsync(stream, cancellationToken);
            return await files.DescribeAsync(received, "data", null, new Dictionary<string, string>(), cancellationToken);
        }
        catch (Exception error) when (error is FormatException or AudioFormatException or FileTooLargeException)
        {
            throw Problem.Invalid([new InputProblem("invalid", field, $"holds no audio that can be used: {error.Message}")]);
        }
    }

    /// <exception cref="FormatException">It is no data: address.</exception>
    private static byte[] Decode(string address)
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
