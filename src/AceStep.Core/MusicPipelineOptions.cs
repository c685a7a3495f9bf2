using AceStep.Models;

namespace AceStep;

/// <summary>How a pipeline computes: device, precision, threads, memory. Immutable.</summary>
public sealed record MusicPipelineOptions
{
    /// <summary>"cpu", "cuda" or "cuda:1". Default: the first CUDA device where there is one, else the CPU.</summary>
    public string? Device { get; init; }

    /// <summary>The precision of weights and computation. Default: bfloat16 on CUDA, float32 on the CPU.</summary>
    public Precision? Precision { get; init; }

    /// <summary>
    /// Threads for computation on the CPU. Default: libtorch's choice. The setting applies to the whole process, until
    /// another pipeline changes it.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>How latents are decoded to audio. Default <see cref="DecodeMode.Auto"/>: as a whole up to 48 s; longer songs in windows, which limits memory.</summary>
    public DecodeMode DecodeMode { get; init; } = DecodeMode.Auto;

    /// <summary>Where the parts of the model are kept between their uses. Default: all on the device.</summary>
    public MemoryPlan Memory { get; init; } = new();

    /// <summary>The lyric vocabulary (vocab.json). Default: lyric_tokenizer/vocab.json in the checkpoint's folder, or vocab.json beside a single file.</summary>
    public string? LyricVocabulary { get; init; }

    /// <summary>Whether loading fails if the lyric vocabulary is missing or invalid. By default (false) the first request with lyrics fails.</summary>
    public bool RequireLyrics { get; init; }

    /// <summary>A folder of configs in the released layout, for a single file. Default: those beside the file, or else the released model's.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>
    /// A MeCab dictionary for Japanese lyrics: a folder, or a name on the hub. Default: see <see
    /// cref="Lyrics.LyricTokenizerOptions"/>. If none is found, the dictionary that the original uses is downloaded, if <see
    /// cref="Download"/> allows it.
    /// </summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>What may be downloaded. Default <see cref="DownloadMode.WhenNamed"/>: models given by a hub name or an address, and nothing for a folder or file.</summary>
    public DownloadMode Download { get; init; }

    /// <summary>Receives what will be downloaded, from where and its size before a download begins, and then its progress. Default: null.</summary>
    public IProgress<DownloadProgress>? DownloadProgress { get; init; }

    /// <summary>Finds or downloads what lyrics need and the checkpoint lacks; null if nothing is to be looked for.</summary>
    internal Hub.LyricDownloads? LyricDownloads { get; init; }
}

/// <summary>The precision of weights and computation.</summary>
public enum Precision
{
    /// <summary>32-bit floats: exact, twice the memory.</summary>
    Float32,

    /// <summary>16-bit brain floats; the steps that the original computes in float32 stay in float32.</summary>
    BFloat16,
}

/// <summary>Where each part of the model is kept between its uses. Immutable.</summary>
public sealed record MemoryPlan
{
    /// <summary>The text encoder: 282 M parameters, used once at the start of each generation.</summary>
    public Residence TextEncoder { get; init; } = Residence.Device;

    /// <summary>The transformer: 2.59 B parameters.</summary>
    public Residence Transformer { get; init; } = Residence.Device;

    /// <summary>The codec: 260 M parameters, used at the end of each generation and for sources.</summary>
    public Residence Codec { get; init; } = Residence.Device;

    /// <summary>Everything on the device all the time: fastest.</summary>
    public static MemoryPlan KeepAll { get; } = new();

    /// <summary>Each part on the device only while it works: the least device memory.</summary>
    public static MemoryPlan OffloadAll { get; } = new() { TextEncoder = Residence.Host, Transformer = Residence.Host, Codec = Residence.Host };

    /// <summary>Each part dropped after its use and read again from the files: the least memory overall.</summary>
    public static MemoryPlan DropAll { get; } = new() { TextEncoder = Residence.Dropped, Transformer = Residence.Dropped, Codec = Residence.Dropped };
}

/// <summary>Where a part of the model is kept between its uses.</summary>
public enum Residence
{
    /// <summary>On the device.</summary>
    Device,

    /// <summary>In the host's memory; moved to the device for each use. On the CPU the same as <see cref="Device"/>.</summary>
    Host,

    /// <summary>Not kept; read from the files for each use.</summary>
    Dropped,
}
