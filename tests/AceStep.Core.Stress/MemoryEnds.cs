using AceStep.Audio;
using TorchSharp;

namespace AceStep.Core.Stress;

/// <summary>
/// Memory ends in each stage of a generation: from the stage's first report on the process may map a little more than it has,
/// and the request needs far more. That must be an error which names the stage, and afterwards the pipeline must be as it was.
/// </summary>
internal static class MemoryEnds
{
    /// <summary>What is left for .NET itself.</summary>
    private const long Little = 64 << 20;

    /// <summary>Less than the demonstration checkpoint has.</summary>
    private const long LessThanAModel = 4 << 20;

    // One thread: libgomp ends the process where it cannot start another.
    private static readonly MusicPipelineOptions Options = new() { Device = "cpu", Threads = 1 };

    private static readonly GenerationSettings Settings = new() { Steps = 2, SampleRate = 44100 };

    public static async Task<int> RunAsync(string checkpoint)
    {
        await FailOnceAsync(checkpoint);
        await ExpectAsync("reading the checkpoint", MusicStage.Loading, async progress => await MusicPipeline.LoadAsync(checkpoint, Options, progress));
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, Options);
        TextToMusicRequest small = new() { Prompt = "techno", Lyrics = "[verse]\nNeon lights", Duration = TimeSpan.FromSeconds(1), Seed = 1, Generation = Settings };
        string expected = await FingerprintAsync();
        long tensors = pipeline.LiveTensors;

        // Songs and sources of four minutes, many at once, and as many words as the model reads.
        TextToMusicRequest large = small with { Duration = TimeSpan.FromSeconds(240), Generation = Settings with { BatchSize = 16 } };
        AudioBuffer longSound = AudioBuffer.FromPlanar(new float[2 * 240 * 44100], 2, 44100);
        (string Doing, MusicStage Stage, MusicRequest Request)[] stages =
        [
            ("encoding the source", MusicStage.EncodingSource, new AudioToAudioRequest { Prompt = "techno", Source = longSound, Seed = 1, Generation = Settings }),
            ("encoding prompt and lyrics", MusicStage.Conditioning, small with { Lyrics = string.Join('\n', Enumerable.Repeat("Neon lights over the empty river", 180)) }),
            ("denoising", MusicStage.Denoising, large),
            ("decoding", MusicStage.Decoding, large with { Generation = Settings with { Steps = 1 }, Duration = TimeSpan.FromSeconds(60) }),
        ];
        foreach ((string doing, MusicStage stage, MusicRequest request) in stages)
        {
            await ExpectAsync(doing, stage, progress => pipeline.GenerateAsync(request, progress));
            Require(pipeline.LiveTensors == tensors, $"no tensor is left of {doing}");
            Require(await FingerprintAsync() == expected, $"a song after {doing} is what it was before");
        }

        return 0;

        async Task<string> FingerprintAsync() => Fingerprint.Of(await pipeline.GenerateAsync(small));
    }

    /// <summary>Goes the way of such an error once while there is memory, so that .NET need compile nothing of it when there is none.</summary>
    private static async Task FailOnceAsync(string checkpoint)
    {
        try
        {
            await MusicPipeline.LoadAsync(checkpoint, Options, new AskForTooMuch());
        }
        catch (InsufficientMemoryException error)
        {
            Console.WriteLine(error.Message);
        }
    }

    private static async Task ExpectAsync(string doing, MusicStage stage, Func<IProgress<MusicProgress>, Task> work)
    {
        Console.WriteLine($"Memory ends while {doing}.");
        using LimitFrom limit = new(stage);
        try
        {
            await work(limit);
        }
        catch (InsufficientMemoryException error)
        {
            limit.Dispose();
            Console.WriteLine(error.Message);
            Require(error.Message.StartsWith($"Out of memory while {doing}", StringComparison.Ordinal), $"the error names {doing}");
            return;
        }

        throw new StressException($"There was memory enough for {doing}.");
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new StressException($"It does not hold that {rule}.");
        }
    }

    /// <summary>Asks libtorch for more than any machine has.</summary>
    private sealed class AskForTooMuch : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value) => torch.empty([1L << 50]).Dispose();
    }

    /// <summary>Bounds memory from a stage's first report on.</summary>
    private sealed class LimitFrom(MusicStage stage) : IProgress<MusicProgress>, IDisposable
    {
        private AddressSpace? _limit;

        public void Report(MusicProgress value)
        {
            if (value.Stage == stage)
            {
                _limit ??= new AddressSpace(stage == MusicStage.Loading ? LessThanAModel : Little);
            }
        }

        public void Dispose()
        {
            _limit?.Dispose();
            _limit = null;
        }
    }
}
