using System.Diagnostics;
using AceStep.Audio;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Songs;

/// <summary>Loads a pipeline, makes songs and writes them.</summary>
internal sealed class SongRun(
    Screen screen, CheckpointChoice checkpoint, MusicPipelineOptions options, IReadOnlyList<LoraChoice> loras, bool usesStoredAlpha, SongFiles files, double? loudness)
{
    private readonly List<string> _warnings = [];

    /// <summary>Runs a request, from loading to writing the files.</summary>
    public async Task<RunReport> ExecuteAsync(TaskCapability task, MusicRequest request, CancellationToken cancellationToken)
    {
        screen.Line(checkpoint.Description);
        long started = Stopwatch.GetTimestamp();
        await using MusicPipeline pipeline = await screen.ShowProgressAsync(progress => MusicPipeline.LoadAsync(checkpoint.Path, options, progress, cancellationToken));
        if (checkpoint.DescribeFound(pipeline.Checkpoint) is { } found)
        {
            screen.Line(found);
        }

        LoadLoras(pipeline);
        TimeSpan loading = Stopwatch.GetElapsedTime(started);

        MusicResult result = await screen.ShowProgressAsync(progress => pipeline.GenerateAsync(request, progress, cancellationToken));
        foreach (MusicWarning warning in result.Warnings)
        {
            Warn(warning.Message);
        }

        started = Stopwatch.GetTimestamp();
        AudioBuffer[] written = [.. result.Songs.Select((song, index) => Save(song, index, request.Prompt, cancellationToken))];
        TimeSpan saving = Stopwatch.GetElapsedTime(started);
        SongReport[] songs = [.. result.Songs.Select((song, index) => SongReport.Create(files.Songs[index], files.Latents?[index], song, written[index]))];
        return RunReport.Create(task, checkpoint, pipeline, result, songs, loading, saving, _warnings);
    }

    private void LoadLoras(MusicPipeline pipeline)
    {
        foreach (LoraChoice choice in loras)
        {
            Lora lora = pipeline.LoadLora(choice.Path, choice.Weight, usesStoredAlpha);
            foreach (string warning in lora.Warnings)
            {
                Warn($"{choice.Path}: {warning}");
            }
        }
    }

    private void Warn(string text)
    {
        _warnings.Add(text);
        Screen.Warn(text);
    }

    private AudioBuffer Save(Song song, int index, string prompt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        AudioBuffer audio = loudness is { } target ? Normalize(song.Audio, target) : song.Audio;
        files.Save(index, song, audio, prompt, checkpoint.Name);
        return audio;
    }

    private AudioBuffer Normalize(AudioBuffer audio, double target)
    {
        NormalizedAudio normalized = LoudnessNormalizer.Normalize(audio, target);
        if (normalized.IsLimitedByPeak)
        {
            Warn($"the song stays below {target} LUFS, since its peaks would clip");
        }

        return normalized.Audio;
    }
}
