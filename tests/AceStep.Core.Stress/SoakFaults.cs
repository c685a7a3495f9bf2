using AceStep.Audio;
using AceStep.Models;

namespace AceStep.Core.Stress;

/// <summary>What goes wrong between songs: each has an error that must come, and nothing of it may stay.</summary>
internal sealed class SoakFaults
{
    private readonly MusicPipeline _pipeline;
    private readonly SoakSongs _songs;
    private readonly SoakFiles _files;
    private readonly (string Name, Type Error, Func<int, Task> Provoke)[] _kinds;

    public SoakFaults(MusicPipeline pipeline, SoakSongs songs, SoakFiles files)
    {
        _pipeline = pipeline;
        _songs = songs;
        _files = files;
        TimeSpan second = TimeSpan.FromSeconds(1);
        _kinds =
        [
            ("a window beyond the source's end", typeof(InvalidRequestException), number => _pipeline.InpaintAsync(new InpaintingRequest { Source = ShortSongs.Tones, End = 90 * second, Seed = number })),
            ("a source that is not there", typeof(FileNotFoundException), _ => From(_files.Absent)),
            ("a source cut short", typeof(AudioFormatException), _ => From(_files.CutSound)),
            ("latents cut short", typeof(CheckpointFormatException), _ => From(_files.CutLatents)),
            ("a LoRA of another model", typeof(CheckpointMismatchException), _ => LoadLora(_files.ForeignLora)),
            ("a LoRA cut short", typeof(CheckpointFormatException), _ => LoadLora(_files.CutLora)),
            ("a checkpoint cut short", typeof(CheckpointFormatException), _ => MusicPipeline.LoadAsync(_files.CutCheckpoint, new MusicPipelineOptions { Device = "cpu" })),
            ("a progress callback that throws", typeof(TimeZoneNotFoundException), number => _pipeline.GenerateAsync(_songs[number], new Thrower(number))),
            ("a folder that is not there", typeof(DirectoryNotFoundException), _ => ShortSongs.Tones.SaveAsync(Path.Combine(_files.Absent, "song.wav"))),
            ("values that are not finite", typeof(NonFiniteResultException), _ => _pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "techno", Duration = second, Seed = 1, Generation = new() { Steps = 8 }, Guidance = new() { Scale = 1e38, Interval = 1, Kind = Schedulers.GuidanceKind.Cfg } })),
        ];
    }

    /// <summary>Provokes the error whose turn it is.</summary>
    /// <exception cref="StressException">It did not come, or another did.</exception>
    public async Task ProvokeAsync(int number)
    {
        (string name, Type expected, Func<int, Task> provoke) = _kinds[number % _kinds.Length];
        try
        {
            await provoke(number);
        }
        catch (Exception error) when (error.GetType() == expected)
        {
            return;
        }
        catch (Exception error)
        {
            throw new StressException($"{name} gave, instead of a {expected.Name}: {error}", error);
        }

        throw new StressException($"{name} gave no error.");
    }

    /// <summary>Makes a song that is cancelled in one of its stages.</summary>
    public async Task CancelAsync(int number)
    {
        using CancellationTokenSource stop = new();
        try
        {
            await _pipeline.GenerateAsync(_songs[number], new Canceller(stop, number), stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw new StressException($"Request {number} was cancelled, and ended as if it had not been.");
    }

    private Task<MusicResult> From(string path) => _pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = path, Seed = 1 });

    private Task<Lora> LoadLora(string path) => Task.Run(() => _pipeline.LoadLora(path));

    private static MusicStage StageOf(int number) => (number % 3) switch
    {
        0 => MusicStage.Conditioning,
        1 => MusicStage.Denoising,
        _ => MusicStage.Decoding,
    };

    private sealed class Canceller(CancellationTokenSource stop, int number) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value)
        {
            if (value.Stage == StageOf(number) && value.Completed >= value.Total / 2)
            {
                stop.Cancel();
            }
        }
    }

    /// <summary>Throws in the midst of a stage, as a device that fails there does: at a place that no one has foreseen.</summary>
    private sealed class Thrower(int number) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value)
        {
            if (value.Stage == StageOf(number) && value.Completed >= value.Total / 2)
            {
                throw new TimeZoneNotFoundException();
            }
        }
    }
}
