using System.Diagnostics;
using System.Text.Json;
using AceStep.Audio;
using AceStep.Server.Cog;
using AceStep.Server.Deployment;
using AceStep.Server.Queue;
using AceStep.Server.Storage;

namespace AceStep.Server.Work;

/// <summary>Makes the song of one claimed prediction: inputs, source, LoRA, model, file.</summary>
internal sealed class PredictionRunner(MusicPipeline pipeline, LoraCache loras, SourceReader sources, IBlobStore blobs, CogUpload upload, ServerMetrics metrics)
{
    /// <summary>The LoRAs that are in memory, by name.</summary>
    public IReadOnlyList<string> Loras => loras.Names;

    /// <exception cref="StorageFullException">There is no room for the song.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<Outcome> RunAsync(PredictionRecord record, PredictionLog log, CancellationToken cancellationToken)
    {
        try
        {
            PredictionOutput output = await MakeAsync(record, log, cancellationToken);
            return new Outcome(output, null, log.Text);
        }
        catch (Exception error) when (error is not (OperationCanceledException or StorageFullException))
        {
            string message = error is SourceException or LoraException or UploadException ? error.Message : DeploymentMessages.Describe(error);
            log.Line($"Failed: {message}");
            return new Outcome(null, message, log.Text);
        }
    }

    private async Task<PredictionOutput> MakeAsync(PredictionRecord record, PredictionLog log, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        PredictionJob job = record.Job;
        DeploymentInput input = Parse(job.Input);
        log.Line($"Using seed: {job.Seed}");
        foreach (string note in input.Notes)
        {
            log.Line($"Note: {note}");
        }

        // The seeds that the job has had since it was accepted: a second run makes the same song.
        input = input.WithSeeds(job.Seed, job.VariationSeed);

        MusicRequest request = await ResolveAsync(input, job, log, cancellationToken);
        foreach (string warning in await loras.UseAsync(input.Lora, input.LoraWeight, log, cancellationToken))
        {
            log.Line($"Warning: {warning}");
        }

        MusicResult result = await pipeline.GenerateAsync(request, log, cancellationToken);
        foreach (string warning in result.Lyrics.SelectMany(line => line.Warnings.Select(warning => $"Warning: line {line.Number} of the lyrics: {warning.Message}")))
        {
            log.Line(warning);
        }

        AudioBuffer audio = result.Songs[0].Audio;
        string blob = OutputAddresses.NewBlob(record, MediaTypes.ExtensionOf(input.OutputFormat));
        long saving = Stopwatch.GetTimestamp();
        long bytes = await blobs.PutAsync(blob, (stream, _) => Task.Run(() => Write(audio, stream, input, job), CancellationToken.None), cancellationToken);
        metrics.Timed(result.Timings, (record.Started ?? job.Created) - job.Created, Stopwatch.GetElapsedTime(saving));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        log.Line(FormattableString.Invariant($"Done: {audio.Duration.TotalSeconds:0.##} s of music in {seconds:0.##} s"));
        PredictionOutput output = new(blob, MediaTypes.Of(input.OutputFormat), bytes, audio.Duration.TotalSeconds, audio.SampleRate, seconds);
        return job.CogId is null ? output : await upload.SendAsync(output, job, cancellationToken);
    }

    private static DeploymentInput Parse(string inputs)
    {
        using JsonDocument document = JsonDocument.Parse(inputs);
        return DeploymentInput.Parse(document.RootElement);
    }

    private async Task<MusicRequest> ResolveAsync(DeploymentInput input, PredictionJob job, PredictionLog log, CancellationToken cancellationToken)
    {
        string? address = null;
        MusicRequest request = input.ToRequest(named => MusicSource.FromFile(address = named));
        if (address is null)
        {
            return request;
        }

        log.Line("Reading the source");
        AudioBuffer audio = await sources.ReadAsync(address, job.BaseUrl, cancellationToken);
        return input.ToRequest(_ => audio);
    }

    /// <summary>16 bits in WAV: what every player and every client takes, in half of the room.</summary>
    private static void Write(AudioBuffer audio, Stream stream, DeploymentInput input, PredictionJob job)
    {
        AudioSaveOptions options = new()
        {
            Encoding = input.OutputFormat == AudioFormat.Wav ? SampleEncoding.Pcm16 : null,
            Tags = new SongTags { Prompt = input.Prompt, Seed = job.Seed, Model = job.Model }.ToAudioTags(),
        };
        AudioFile.Save(audio, stream, input.OutputFormat, options);
    }
}
