using System.CommandLine;
using System.Globalization;

namespace AceStep.Benchmarks.Gpu;

/// <summary>What <see cref="GpuCommand"/> measures: the released size unless told otherwise.</summary>
/// <param name="Device">"cuda:0", "cpu".</param>
/// <param name="Precision">What is computed in.</param>
/// <param name="Frames">Latent frames of the song.</param>
/// <param name="Blocks">Blocks of the transformer.</param>
/// <param name="Steps">Steps of the denoising loop, half of them guided.</param>
/// <param name="Checkpoint">Where the random weights are, or are to be written.</param>
internal sealed record GpuSettings(string Device, Precision Precision, int Frames, int Blocks, int Steps, string Checkpoint)
{
    private static readonly Option<string> DeviceOption = new("--device") { Description = "Where to compute.", DefaultValueFactory = _ => "cuda:0" };
    private static readonly Option<Precision> PrecisionOption = new("--precision") { Description = "What to compute in.", DefaultValueFactory = _ => Precision.BFloat16 };
    private static readonly Option<int> FramesOption = new("--frames") { Description = "Latent frames of the song, 10.77 a second.", DefaultValueFactory = _ => 2584 };
    private static readonly Option<int> BlocksOption = new("--blocks") { Description = "Blocks of the transformer.", DefaultValueFactory = _ => 24 };
    private static readonly Option<int> StepsOption = new("--steps") { Description = "Steps of the denoising loop.", DefaultValueFactory = _ => 27 };
    private static readonly Option<string> CheckpointOption = new("--checkpoint")
    {
        Description = "A folder for the random weights, written where it does not exist; 8.3 GB at full size.",
        DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "acestep-random-weights"),
    };

    private static readonly Option[] All = [DeviceOption, PrecisionOption, FramesOption, BlocksOption, StepsOption, CheckpointOption];

    /// <summary>The song that is made.</summary>
    public TextToMusicRequest Request => new()
    {
        Prompt = "funk, pop, soul, rock, melodic, guitar, drums, bass, keyboard, percussion, 105 BPM, energetic, upbeat, groovy, vibrant, dynamic",
        Lyrics = "[verse]\nNeon lights they flicker bright\nCity hums in dead of night\n[chorus]\nTurn it up and let it flow\nFeel the fire let it grow",
        Duration = LatentFrames.ToTime(Frames) + TimeSpan.FromMilliseconds(1),
        Seed = 1,
        Generation = new() { Steps = Steps, SampleRate = 44100 },
    };

    /// <summary>How long the song lasts.</summary>
    public double Seconds => LatentFrames.ToTime(Frames).TotalSeconds;

    /// <summary>Adds the options to a command.</summary>
    public static void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>What a command line asks for.</summary>
    public static GpuSettings Of(ParseResult result) => new(
        result.GetValue(DeviceOption)!,
        result.GetValue(PrecisionOption),
        result.GetValue(FramesOption),
        result.GetValue(BlocksOption),
        result.GetValue(StepsOption),
        result.GetValue(CheckpointOption)!);

    /// <summary>The command line that asks for the same.</summary>
    public IEnumerable<string> ToArguments() =>
    [
        DeviceOption.Name, Device, PrecisionOption.Name, $"{Precision}", FramesOption.Name, Number(Frames), BlocksOption.Name, Number(Blocks), StepsOption.Name, Number(Steps),
        CheckpointOption.Name, Checkpoint,
    ];

    /// <summary>Loads the pipeline.</summary>
    public Task<MusicPipeline> LoadAsync(MemoryPlan plan, CancellationToken cancellationToken) =>
        MusicPipeline.LoadAsync(Checkpoint, new MusicPipelineOptions { Device = Device, Precision = Precision, Memory = plan }, cancellationToken: cancellationToken);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
