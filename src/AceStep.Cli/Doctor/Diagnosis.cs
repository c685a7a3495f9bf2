using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using AceStep.Audio;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Terminal;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Cli.Doctor;

/// <summary>The findings of <c>acestep doctor</c>.</summary>
internal sealed record Diagnosis
{
    /// <summary>Any idle processor of the last decade computes products faster than this on each thread.</summary>
    private const double SlowGigaflopsPerThread = 10;

    public required string System { get; init; }

    /// <summary>libtorch's version; null if it does not load.</summary>
    public string? Libtorch { get; init; }

    /// <summary>The speed of a 1024 x 1024 x 1024 matrix product in float32, in 10^9 operations a second.</summary>
    public double? Gigaflops { get; init; }

    public int? Threads { get; init; }

    public required string CpuCapability { get; init; }

    public int? CudaDevices { get; init; }

    /// <summary>libsndfile's version; null if it is missing.</summary>
    public string? Libsndfile { get; init; }

    /// <summary>The dictionary for Japanese lyrics; null if there is none.</summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>The checkpoint that would be used; null if there is none.</summary>
    public string? Checkpoint { get; init; }

    public bool IsDemonstration { get; init; }

    /// <summary>The released checkpoint on this machine; null if it is in no cache.</summary>
    public string? ReleasedCheckpoint { get; init; }

    /// <summary>The cache that downloads go to.</summary>
    public required string Cache { get; init; }

    /// <summary>Problems, each with what to do about it.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Whether songs can be generated.</summary>
    public bool CanCompute => Libtorch is not null && Checkpoint is not null;

    public static async Task<Diagnosis> CreateAsync(string? checkpoint, CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        ModelStore caches = new(DownloadMode.Never);
        Diagnosis diagnosis = new() { Cache = caches.CacheFolder, System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}", CpuCapability = DescribeCpu(), Warnings = warnings };
        diagnosis = WithLibtorch(diagnosis, warnings, cancellationToken);
        diagnosis = WithAudio(diagnosis, warnings);
        return await WithCheckpointAsync(diagnosis, checkpoint, caches, warnings, cancellationToken);
    }

    public TextTable ToTable()
    {
        TextTable table = new();
        table.Add("System", System);
        table.Add("libtorch", Libtorch ?? "does not load");
        table.Add("Matrix product", Gigaflops is { } speed ? $"{speed:0} GFLOP/s in float32 ({MatrixSpeed.Size} x {MatrixSpeed.Size})" : "unknown");
        table.Add("Threads", Threads is { } threads ? $"{threads}" : "unknown");
        table.Add("CPU capability", CpuCapability);
        table.Add("CUDA devices", CudaDevices is { } devices ? $"{devices}" : "unknown");
        table.Add("Audio files", Libsndfile is null ? "WAV only: libsndfile is missing" : string.Join(", ", Enum.GetValues<AudioFormat>().Where(AudioLibrary.Supports)) + $" ({Libsndfile})");
        table.Add("Japanese lyrics", JapaneseDictionary ?? "kana only: no dictionary");
        table.Add("Released checkpoint", ReleasedCheckpoint ?? $"not in {Cache}");
        table.Add("Checkpoint", Checkpoint is null ? "none" : IsDemonstration ? $"{Checkpoint} (the small demonstration checkpoint, not the released model)" : Checkpoint);
        return table;
    }

    private static Diagnosis WithLibtorch(Diagnosis diagnosis, List<string> warnings, CancellationToken cancellationToken)
    {
        if (LibtorchSupply.Missing is { } package)
        {
            warnings.Add($"libtorch is not installed yet: the first command that needs it downloads it ({package}).");
            return diagnosis;
        }

        try
        {
            Models.Libtorch.Initialize();
            double gigaflops = MatrixSpeed.MeasureGigaflops(cancellationToken);
            int threads = torch.get_num_threads();
            if (gigaflops < SlowGigaflopsPerThread * threads)
            {
                warnings.Add($"Matrix products run at {gigaflops:0} GFLOP/s on {threads} threads, which is slow for this machine unless it is busy: check --threads and OMP_NUM_THREADS.");
            }

            if (threads < Environment.ProcessorCount)
            {
                warnings.Add($"libtorch uses {threads} of {Environment.ProcessorCount} cores: --threads {Environment.ProcessorCount} uses all.");
            }

            return diagnosis with
            {
                Libtorch = torch.__version__,
                Gigaflops = Math.Round(gigaflops, 1),
                Threads = threads,
                CudaDevices = torch.cuda.is_available() ? torch.cuda.device_count() : 0,
            };
        }
        catch (LibtorchException error)
        {
            warnings.Add(error.Message);
            return diagnosis;
        }
    }

    private static Diagnosis WithAudio(Diagnosis diagnosis, List<string> warnings)
    {
        if (!AudioLibrary.IsAvailable)
        {
            warnings.Add($"libsndfile is missing, so only WAV files can be read and written: {AudioLibrary.Requirement}.");
        }

        return diagnosis with { Libsndfile = AudioLibrary.Version };
    }

    private static async Task<Diagnosis> WithCheckpointAsync(Diagnosis diagnosis, string? named, ModelStore caches, List<string> warnings, CancellationToken cancellationToken)
    {
        try
        {
            diagnosis = diagnosis with { ReleasedCheckpoint = await caches.GetCheckpointAsync(ModelStore.ReleasedCheckpoint, cancellationToken) };
        }
        catch (DownloadException)
        {
            warnings.Add($"The released checkpoint is not on this machine: 'acestep download {ModelStore.ReleasedCheckpoint}' downloads it (8.3 GB) to {caches.CacheFolder}.");
        }

        CheckpointInfo info;
        CheckpointChoice choice;
        try
        {
            choice = await CheckpointChoice.Find(named).FindCachedAsync(cancellationToken);
            if (diagnosis.Libtorch is null)
            {
                // Looking into a checkpoint needs libtorch.
                return diagnosis with { Checkpoint = Path.Exists(choice.Path) ? Path.GetFullPath(choice.Path) : null, IsDemonstration = choice.IsDemonstration };
            }

            info = CheckpointInfo.Read(choice.Path);
        }
        catch (Exception error) when (error is IOException or CheckpointFormatException)
        {
            warnings.Add(error.Message);
            return diagnosis;
        }

        warnings.AddRange(info.Parts.Where(part => part.Problem is not null && (part.IsRequired || caches.FindLyricVocabulary() is null)).Select(part => $"{part.Name}: {part.Problem} ({part.File})"));
        string? dictionary = JapaneseDictionaryOf(info, caches);
        if (dictionary is null)
        {
            warnings.Add("In Japanese lyrics only kana can be read: install MeCab ('apt install libmecab2') and download its dictionary ('acestep download unidic-lite', 47 MB).");
        }

        return diagnosis with { Checkpoint = info.IsUsable ? Path.GetFullPath(info.Path) : null, IsDemonstration = choice.IsDemonstration, JapaneseDictionary = dictionary };
    }

    /// <summary>Reads a word in kanji, and returns the dictionary that was used for it.</summary>
    private static string? JapaneseDictionaryOf(CheckpointInfo info, ModelStore caches)
    {
        CheckpointPart vocabulary = info.Parts.Single(part => !part.IsRequired);
        if ((vocabulary.Problem is null ? vocabulary.File : caches.FindLyricVocabulary()) is not { } file)
        {
            return null;
        }

        LyricTokenizer tokenizer = new(LyricVocabulary.Load(file), new LyricTokenizerOptions { CachedJapaneseDictionary = caches.FindJapaneseDictionary, CheckpointFolder = info.IsSingleFile ? Path.GetDirectoryName(Path.GetFullPath(info.Path)) : info.Path });
        return tokenizer.EncodeLine("東京", "ja").JapaneseDictionary;
    }

    /// <summary>The processor's instruction sets, and those that libtorch is told to use.</summary>
    private static string DescribeCpu()
    {
        string has = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : AdvSimd.IsSupported ? "NEON" : "no vector extensions known";
        return Environment.GetEnvironmentVariable("ATEN_CPU_CAPABILITY") is { Length: > 0 } asked ? $"{has}; libtorch is told to use {asked}" : has;
    }
}

/// <summary>Measures the speed of float32 matrix products, which take most of the time of a generation.</summary>
internal static class MatrixSpeed
{
    /// <summary>Rows and columns of the measured matrices.</summary>
    public const int Size = 1024;

    private const int Runs = 7;

    /// <summary>The speed of the fastest of several products, in 10^9 operations a second on all threads.</summary>
    public static double MeasureGigaflops(CancellationToken cancellationToken)
    {
        using var inference = torch.inference_mode();
        using torch.Tensor left = torch.ones(Size, Size);
        using torch.Tensor right = torch.ones(Size, Size);
        TimeSpan best = TimeSpan.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            using torch.Tensor product = torch.matmul(left, right);
            TimeSpan time = Stopwatch.GetElapsedTime(started);
            best = time < best ? time : best;
        }

        return 2.0 * Size * Size * Size / best.TotalSeconds / 1e9;
    }
}
