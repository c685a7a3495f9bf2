namespace AceStep.Models;

/// <summary>The sizes of the latent codec (AutoencoderDC), as music_dcae_f8c8/config.json gives them.</summary>
public sealed partial record AutoencoderConfig
{
    // Bounds that no real model comes near; they keep a damaged config from asking for absurd amounts of memory.
    private const int MaximumStages = 12;
    private const int MaximumLayers = 1024;
    private const int MaximumWidth = 1 << 20;
    private const int MaximumKernel = 255;

    /// <summary>Audio channels of the mel spectra; 2 in the release.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels of the latents; 8 in the release.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Width of one attention head; 32 in the release. Divides the deepest stages' channels.</summary>
    public required int AttentionHeadDim { get; init; }

    /// <summary>The encoder's stages from the mel spectrum (first) to the latents (last, the one with attention).</summary>
    public required IReadOnlyList<AutoencoderStage> EncoderStages { get; init; }

    /// <summary>The decoder's stages in the same order, so they run from the last to the first.</summary>
    public required IReadOnlyList<AutoencoderStage> DecoderStages { get; init; }

    /// <summary>By how much latents are smaller than the mel spectrum in both directions; 8 in the release.</summary>
    public int Downsampling => 1 << (EncoderStages.Count - 1);

    /// <summary>Reads a config.json.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="CheckpointFormatException">A value is missing, of the wrong type, out of range or describes a network of another kind.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static AutoencoderConfig Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(ConfigReader.Load(path));
    }

    /// <summary>Reads the text of a config.json.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <exception cref="CheckpointFormatException">A value is missing, of the wrong type, out of range or describes a network of another kind.</exception>
    public static AutoencoderConfig Parse(ReadOnlyMemory<byte> json, string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Read(ConfigReader.Parse(json, file));
    }

    private static AutoencoderConfig Read(ConfigReader reader)
    {
        // Each of these words selects an architecture; only the released one is implemented.
        reader.Enum("downsample_block_type", ("Conv", true), ("conv", true));
        reader.Enum("upsample_block_type", ("interpolate", true));
        reader.EnumOrDefault("decoder_norm_types", true, ("rms_norm", true));
        reader.EnumOrDefault("decoder_act_fns", true, ("silu", true));
        reader.EnumOrDefault("decoder_conv_act_fn", true, ("relu", true));
        reader.Require(reader.BooleanOrDefault("encoder_out_shortcut", true), "\"encoder_out_shortcut\" must be true; it is false");
        reader.Require(reader.BooleanOrDefault("decoder_in_shortcut", true), "\"decoder_in_shortcut\" must be true; it is false");

        AutoencoderConfig config = new()
        {
            InChannels = reader.Int32("in_channels", 1, MaximumWidth),
            LatentChannels = reader.Int32("latent_channels", 1, MaximumWidth),
            AttentionHeadDim = reader.Int32("attention_head_dim", 1, MaximumWidth),
            EncoderStages = ReadStages(reader, "encoder"),
            DecoderStages = ReadStages(reader, "decoder"),
        };

        int encoderStages = config.EncoderStages.Count;
        int decoderStages = config.DecoderStages.Count;
        reader.Require(
            encoderStages == decoderStages,
            $"\"encoder_block_out_channels\" and \"decoder_block_out_channels\" must have equally many stages; they have {encoderStages} and {decoderStages}");
        RequireWidths(reader, "encoder", config.EncoderStages, config);
        RequireWidths(reader, "decoder", config.DecoderStages, config);
        return config;
    }

    private static AutoencoderStage[] ReadStages(ConfigReader reader, string side)
    {
        IReadOnlyList<int> channels = reader.Int32Array($"{side}_block_out_channels", 1, MaximumWidth);
        IReadOnlyList<int> layers = reader.Int32Array($"{side}_layers_per_block", 1, MaximumLayers);
        IReadOnlyList<bool> attends = reader.EnumArray($"{side}_block_types", ("ResBlock", false), ("EfficientViTBlock", true));
        IReadOnlyList<IReadOnlyList<int>> kernels = reader.Int32Arrays($"{side}_qkv_multiscales", 1, MaximumKernel);

        int count = channels.Count;
        reader.Require(count is >= 1 and <= MaximumStages, $"\"{side}_block_out_channels\" must have 1 to {MaximumStages} values; it has {count}");
        reader.Require(
            layers.Count == count && attends.Count == count && kernels.Count == count,
            $"\"{side}_block_out_channels\", \"{side}_layers_per_block\", \"{side}_block_types\" and \"{side}_qkv_multiscales\" must have equally many values; they have {count}, {layers.Count}, {attends.Count} and {kernels.Count}");
        for (int stage = 0; stage < count; stage++)
        {
            reader.Require(
                attends[stage] == (stage == count - 1),
                $"\"{side}_block_types\" must be \"ResBlock\" throughout and end with \"EfficientViTBlock\"; value {stage} is not");
            reader.Require(
                kernels[stage].All(kernel => kernel % 2 == 1),
                $"\"{side}_qkv_multiscales\" must hold odd sizes; value {stage} is [{string.Join(", ", kernels[stage])}]");
        }

        // The kernels listed for a stage without attention have no effect.
        return
        [
            .. Enumerable.Range(0, count).Select(stage => new AutoencoderStage
            {
                Channels = channels[stage],
                Layers = layers[stage],
                AttentionKernels = attends[stage] ? kernels[stage] : [],
            }),
        ];
    }

    private static void RequireWidths(ConfigReader reader, string side, IReadOnlyList<AutoencoderStage> stages, AutoencoderConfig config)
    {
        for (int stage = 1; stage < stages.Count; stage++)
        {
            // The shortcuts of the changes of rate average, or repeat, whole groups of channels.
            int upper = stages[stage - 1].Channels;
            int lower = stages[stage].Channels;
            reader.Require(
                4 * upper % lower == 0,
                $"\"{side}_block_out_channels\": 4 times each value must be a multiple of the next; {upper} is followed by {lower}");
        }

        int deepest = stages[^1].Channels;
        reader.Require(
            deepest % config.LatentChannels == 0 && deepest % config.AttentionHeadDim == 0,
            $"the last of \"{side}_block_out_channels\" must be a multiple of \"latent_channels\" and of \"attention_head_dim\"; it is {deepest}, and they are {config.LatentChannels} and {config.AttentionHeadDim}");
    }
}

/// <summary>One stage of the latent codec's encoder or decoder: the blocks at one resolution.</summary>
public sealed record AutoencoderStage
{
    /// <summary>Channels of the stage.</summary>
    public required int Channels { get; init; }

    /// <summary>Blocks of the stage, at least 1, without the change of rate that leads to its neighbour.</summary>
    public required int Layers { get; init; }

    /// <summary>The odd kernel sizes of the attention's further scales, one each; empty for a stage without attention.</summary>
    public IReadOnlyList<int> AttentionKernels { get; init; } = [];
}
