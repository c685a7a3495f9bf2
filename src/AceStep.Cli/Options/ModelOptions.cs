using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using AceStep.Models;

namespace AceStep.Cli.Options;

/// <summary>The options for the model's weights, and how they compute.</summary>
internal sealed partial class ModelOptions : OptionGroup
{
    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        Description = $"The checkpoint: a name on the hub ({ModelStore.ReleasedCheckpoint}: downloaded once), a folder in the released layout, ComfyUI's single file, or the https address of a file. Default: {Checkpoints.CheckpointChoice.EnvironmentVariable}, else the small demonstration checkpoint that comes with the program.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _lyricVocabulary = new("--lyric-vocab")
    {
        Description = "The lyric vocabulary (vocab.json). Default: lyric_tokenizer/vocab.json in the checkpoint, or vocab.json beside a single file.",
        HelpName = "FILE",
    };

    private readonly Option<LoraChoice[]> _loras = new("--lora")
    {
        Description = "A LoRA: a name on the hub, a folder, a safetensors file or its https address, with its weight after a colon (default 1). May be given several times.",
        HelpName = "NAME[:WEIGHT]",
        CustomParser = LoraChoice.Parse,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _loraStoredAlpha = new("--lora-stored-alpha")
    {
        Description = "Scale LoRAs by the alpha in their file's header or in the adapter_config.json or config.json beside it. Default: this alpha is ignored.",
    };

    private readonly Option<bool> _offline = new("--offline")
    {
        Description = "Download nothing: use only models that are in the caches.",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "The device to compute on. Default: the first CUDA device, or the CPU if there is none.",
        HelpName = "cpu|cuda[:N]",
    };

    private readonly Option<Precision?> _precision = Choice<Precision>("--precision", "The precision of weights and computation. Default: float32 on the CPU, bfloat16 on CUDA.");

    private readonly Option<int?> _threads = new("--threads")
    {
        Description = "Threads for computation on the CPU. Default: libtorch's choice.",
        HelpName = "N",
        CustomParser = Values.WholeNumber,
    };

    private readonly Option<MemoryUse?> _memory = Choice<MemoryUse>(
        "--memory", "Where the model's parts are between their uses: on the device (keep), in the host's memory (offload), or nowhere, read again for each use (drop). Default keep.");

    private readonly Option<DecodeMode?> _decode = Choice<DecodeMode>(
        "--decode", "How latents become samples: at once, in windows, which bound memory, or the better by length (auto). Default auto.");

    public ModelOptions()
        : base("Model")
    {
        _threads.Validators.Add(result => Require(result, result.GetValue(_threads) is not < 1, "must be at least 1"));
        _device.Validators.Add(result => Require(result, result.GetValue(_device) is not { } device || Device().IsMatch(device), "must be cpu, cuda or cuda:N"));
        foreach (Option option in (Option[])[_checkpoint, _lyricVocabulary, _loras, _loraStoredAlpha, _offline, _device, _precision, _threads, _memory, _decode])
        {
            Add(option);
        }
    }

    private enum MemoryUse
    {
        Keep,
        Offload,
        Drop,
    }

    /// <summary>The checkpoint given on the command line; null if none is.</summary>
    public string? Checkpoint(ParseResult result) => result.GetValue(_checkpoint);

    /// <summary>The LoRAs, in the order given.</summary>
    public IReadOnlyList<LoraChoice> Loras(ParseResult result) => result.GetValue(_loras) ?? [];

    /// <summary>Whether LoRAs are scaled by a stored alpha.</summary>
    public bool UsesStoredAlpha(ParseResult result) => result.GetValue(_loraStoredAlpha);

    /// <summary>The pipeline's options.</summary>
    public MusicPipelineOptions PipelineOptions(ParseResult result)
    {
        MusicPipelineOptions defaults = new();
        return defaults with
        {
            Download = result.GetValue(_offline) ? DownloadMode.Never : defaults.Download,
            Device = result.GetValue(_device),
            Precision = result.GetValue(_precision),
            Threads = result.GetValue(_threads),
            LyricVocabulary = result.GetValue(_lyricVocabulary),
            DecodeMode = result.GetValue(_decode) ?? defaults.DecodeMode,
            Memory = result.GetValue(_memory) switch
            {
                MemoryUse.Keep => MemoryPlan.KeepAll,
                MemoryUse.Offload => MemoryPlan.OffloadAll,
                MemoryUse.Drop => MemoryPlan.DropAll,
                _ => defaults.Memory,
            },
        };
    }

    [GeneratedRegex(@"^(cpu|cuda(:[0-9]{1,3})?)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Device();

    private static Option<TEnum?> Choice<TEnum>(string name, string description)
        where TEnum : struct, Enum
    {
        string[] names = Values.NamesOf<TEnum>();
        return new Option<TEnum?>(name) { Description = description, HelpName = string.Join('|', names), CustomParser = result => Values.Choice<TEnum>(result, names) };
    }

    private static void Require(OptionResult result, bool condition, string rule)
    {
        if (!condition)
        {
            result.AddError($"{result.Option.Name} {rule}; it is {result.Tokens[0].Value}.");
        }
    }
}

/// <summary>A LoRA on the command line: <c>path</c> or <c>path:weight</c>.</summary>
internal sealed record LoraChoice(string Path, double Weight)
{
    /// <summary>Reads all values of the option.</summary>
    public static LoraChoice[] Parse(ArgumentResult result) => [.. result.Tokens.Select(token => Parse(token.Value))];

    /// <summary>Reads one value. Only a colon before a finite number at the end separates a weight, since paths may have colons.</summary>
    private static LoraChoice Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && double.IsFinite(weight)
            ? new LoraChoice(text[..colon], weight)
            : new LoraChoice(text, 1);
    }
}
