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
    /// Threads for computation on the CPU. Default: what libtorch chooses. The setting is the process': it stays until
    /// another pipeline changes it.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>How latents become samples. Default <see cref="DecodeMode.Auto"/>: whole up to 48 s, above in windows, which bound memory.</summary>
    public DecodeMode DecodeMode { get; init; } = DecodeMode.Auto;

    /// <summary>Where the parts of the model are between their uses. Default: all stay on the device.</summary>
    public MemoryPlan Memory { get; init; } = new();

    /// <summary>The lyric vocabulary (vocab.json). Default: lyric_tokenizer/vocab.json in the checkpoint's folder, or vocab.json beside a single file.</summary>
    public string? LyricVocabulary { get; init; }

    /// <summary>Whether loading fails at once where the lyric vocabulary is missing or does not fit, rather than the first request with lyrics. Default false.</summary>
    public bool RequireLyrics { get; init; }

    /// <summary>A folder of configs in the released layout, for a single file that carries none. Default: beside the file, else the released model's.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>
    /// A MeCab dictionary for Japanese lyrics: a folder, or its name on the hub. Default: as <see cref="Lyrics.LyricTokenizerOptions"/>
    /// says; where there is none, the original's own is fetched if <see cref="Download"/> allows it.
    /// </summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>What may be fetched from the network. Default <see cref="DownloadMode.WhenNamed"/>: what is named by a hub name or an address, and nothing for a folder or file.</summary>
    public DownloadMode Download { get; init; }

    /// <summary>Told what is fetched, from where and how large, before that begins, and then how far it is. Default: nobody.</summary>
    public IProgress<DownloadProgress>? DownloadProgress { get; init; }

    /// <summary>Where lyrics find what the checkpoint lacks; null for nowhere.</summary>
    internal Hub.LyricDownloads? LyricDownloads { get; init; }
}

/// <summary>The precision of weights and computation.</summary>
public enum Precision
{
    /// <summary>32-bit floats: exact, twice the memory.</summary>
    Float32,

    /// <summary>16-bit brain floats, with float32 where the original computes in it.</summary>
    BFloat16,
}

/// <summary>Where each part of the model is between its uses. Immutable.</summary>
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

    /// <summary>Each part dropped after its use and read again from the files: the least memory in all.</summary>
    public static MemoryPlan DropAll { get; } = new() { TextEncoder = Residence.Dropped, Transformer = Residence.Dropped, Codec = Residence.Dropped };
}

/// <summary>Where a part of the model is between its uses.</summary>
public enum Residence
{
    /// <summary>On the device.</summary>
    Device,

    /// <summary>In the host's memory; moved to the device for each use. On the CPU the same as <see cref="Device"/>.</summary>
    Host,

    /// <summary>Nowhere; read from the files for each use.</summary>
    Dropped,
}
