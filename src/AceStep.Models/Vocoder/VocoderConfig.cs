namespace AceStep.Models;

/// <summary>The sizes of the vocoder (ADaMoSHiFiGANV1) and of the mel spectra that it reads, as music_vocoder/config.json gives them.</summary>
public sealed partial record VocoderConfig
{
    // Bounds that no real model comes near; they keep a damaged config from asking for absurd amounts of memory.
    private const int MaximumLayers = 1024;
    private const int MaximumWidth = 1 << 20;
    private const int MaximumKernel = 255;

    /// <summary>Samples a second of the waveform; 44,100 in the release.</summary>
    public required int SampleRate { get; init; }

    /// <summary>Samples from one mel frame to the next; 512 in the release. The upsampling rates multiply to it.</summary>
    public required int HopLength { get; init; }

    /// <summary>Samples that one mel frame looks at, which is the length of window and transform; 2048 in the release.</summary>
    public required int WindowLength { get; init; }

    /// <summary>Mel bins; 128 in the release.</summary>
    public required int MelBins { get; init; }

    /// <summary>The backbone's stages (ConvNeXt), first to last.</summary>
    public required IReadOnlyList<VocoderBackboneStage> BackboneStages { get; init; }

    /// <summary>Kernel size of the backbone's depthwise convolutions, odd; 7 in the release.</summary>
    public required int BackboneKernel { get; init; }

    /// <summary>Channels at the head's entrance, halved by each upsampling; 1024 in the release.</summary>
    public required int HeadChannels { get; init; }

    /// <summary>Kernel size of the head's first convolution, odd; 13 in the release.</summary>
    public required int EntryKernel { get; init; }

    /// <summary>Kernel size of the head's last convolution, odd; 13 in the release.</summary>
    public required int ExitKernel { get; init; }

    /// <summary>The head's upsampling steps, first to last.</summary>
    public required IReadOnlyList<VocoderUpsampling> Upsamplings { get; init; }

    /// <summary>The residual blocks that follow each upsampling step and whose mean goes on.</summary>
    public required IReadOnlyList<VocoderResidual> Residuals { get; init; }

    /// <summary>Reads a config.json.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="CheckpointFormatException">A value is missing, of the wrong type, out of range or describes a network of another kind.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static VocoderConfig Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(ConfigReader.Load(path));
    }

    /// <summary>Reads the text of a config.json.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <exception cref="CheckpointFormatException">A value is missing, of the wrong type, out of range or describes a network of another kind.</exception>
    public static VocoderConfig Parse(ReadOnlyMemory<byte> json, string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Read(ConfigReader.Parse(json, file));
    }

    private static VocoderConfig Read(ConfigReader reader)
    {
        reader.Require(!reader.BooleanOrDefault("use_template", true), "\"use_template\" must be given as false: a pitch template is not supported");
        IReadOnlyList<int> backboneKernels = reader.Int32Array("kernel_sizes", 1, MaximumKernel);
        reader.Require(
            backboneKernels.Count == 1 && backboneKernels[0] % 2 == 1,
            $"\"kernel_sizes\" must hold one odd size: parallel branches are not supported; it is [{string.Join(", ", backboneKernels)}]");

        VocoderConfig config = new()
        {
            SampleRate = reader.Int32("sampling_rate", 1),
            HopLength = reader.Int32("hop_length", 1, MaximumWidth),
            WindowLength = reader.Int32("n_fft", 2, MaximumWidth),
            MelBins = reader.Int32("n_mels", 1, MaximumWidth),
            BackboneStages = ReadBackbone(reader),
            BackboneKernel = backboneKernels[0],
            HeadChannels = reader.Int32("upsample_initial_channel", 1, MaximumWidth),
            EntryKernel = ReadOdd(reader, "pre_conv_kernel_size"),
            ExitKernel = ReadOdd(reader, "post_conv_kernel_size"),
            Upsamplings = ReadUpsamplings(reader),
            Residuals = ReadResiduals(reader),
        };

        int inputChannels = reader.Int32("input_channels", 1, MaximumWidth);
        reader.Require(inputChannels == config.MelBins, $"\"input_channels\" must equal \"n_mels\"; they are {inputChannels} and {config.MelBins}");
        int headInput = reader.Int32("num_mels", 1, MaximumWidth);
        reader.Require(
            headInput == config.BackboneStages[^1].Channels,
            $"\"num_mels\" must equal the last of \"dims\"; they are {headInput} and {config.BackboneStages[^1].Channels}");
        int windowLength = reader.Int32("win_length", 1, MaximumWidth);
        reader.Require(windowLength == config.WindowLength, $"\"win_length\" must equal \"n_fft\"; they are {windowLength} and {config.WindowLength}");

        // The waveform is padded by their difference, half of it on each side.
        reader.Require(
            config.WindowLength > config.HopLength && (config.WindowLength - config.HopLength) % 2 == 0,
            $"\"n_fft\" must exceed \"hop_length\" by an even number; they are {config.WindowLength} and {config.HopLength}");
        long rate = config.Upsamplings.Aggregate(1L, (product, step) => Math.Min(product * step.Rate, int.MaxValue));
        reader.Require(rate == config.HopLength, $"\"upsample_rates\" must multiply to \"hop_length\", {config.HopLength}; they multiply to {rate}");
        int halvings = config.Upsamplings.Count;
        reader.Require(
            config.HeadChannels % (1 << halvings) == 0,
            $"\"upsample_initial_channel\" must be divisible by 2 for each of the {halvings} upsampling steps; it is {config.HeadChannels}");
        return config;
    }

    private static int ReadOdd(ConfigReader reader, string key)
    {
        int size = reader.Int32(key, 1, MaximumKernel);
        reader.Require(size % 2 == 1, $"\"{key}\" must be odd; it is {size}");
        return size;
    }

    private static VocoderBackboneStage[] ReadBackbone(ConfigReader reader)
    {
        IReadOnlyList<int> widths = reader.Int32Array("dims", 1, MaximumWidth);
        IReadOnlyList<int> depths = reader.Int32Array("depths", 1, MaximumLayers);
        reader.Require(
            widths.Count == depths.Count && widths.Count > 0,
            $"\"dims\" and \"depths\" must have equally many values, at least one; they have {widths.Count} and {depths.Count}");
        return [.. widths.Zip(depths, (width, depth) => new VocoderBackboneStage { Channels = width, Layers = depth })];
    }

    private static VocoderUpsampling[] ReadUpsamplings(ConfigReader reader)
    {
        IReadOnlyList<int> rates = reader.Int32Array("upsample_rates", 1, MaximumKernel);
        IReadOnlyList<int> kernels = reader.Int32Array("upsample_kernel_sizes", 1, MaximumKernel);
        reader.Require(
            rates.Count == kernels.Count && rates.Count is > 0 and < 20,
            $"\"upsample_rates\" and \"upsample_kernel_sizes\" must have equally many values, 1 to 19; they have {rates.Count} and {kernels.Count}");
        for (int step = 0; step < rates.Count; step++)
        {
            // Otherwise the padding on both sides could not make the output exactly rate times as long as the input.
            reader.Require(
                kernels[step] >= rates[step] && (kernels[step] - rates[step]) % 2 == 0,
                $"each of \"upsample_kernel_sizes\" must exceed its rate by an even number; value {step} is {kernels[step]} for rate {rates[step]}");
        }

        return [.. rates.Zip(kernels, (rate, kernel) => new VocoderUpsampling { Rate = rate, Kernel = kernel })];
    }

    private static VocoderResidual[] ReadResiduals(ConfigReader reader)
    {
        IReadOnlyList<int> kernels = reader.Int32Array("resblock_kernel_sizes", 1, MaximumKernel);
        IReadOnlyList<IReadOnlyList<int>> dilations = reader.Int32Arrays("resblock_dilation_sizes", 1, MaximumKernel);
        reader.Require(
            kernels.Count == dilations.Count && kernels.Count > 0,
            $"\"resblock_kernel_sizes\" and \"resblock_dilation_sizes\" must have equally many values, at least one; they have {kernels.Count} and {dilations.Count}");
        for (int block = 0; block < kernels.Count; block++)
        {
            reader.Require(kernels[block] % 2 == 1, $"\"resblock_kernel_sizes\" must be odd; value {block} is {kernels[block]}");

            // The original builds three pairs of convolutions whatever the list says.
            reader.Require(dilations[block].Count == 3, $"\"resblock_dilation_sizes\" must hold three dilations for each block; value {block} has {dilations[block].Count}");
        }

        return [.. kernels.Zip(dilations, (kernel, dilation) => new VocoderResidual { Kernel = kernel, Dilations = dilation })];
    }
}

/// <summary>One stage of the vocoder's backbone.</summary>
public sealed record VocoderBackboneStage
{
    /// <summary>Channels of the stage.</summary>
    public required int Channels { get; init; }

    /// <summary>Blocks of the stage, at least 1.</summary>
    public required int Layers { get; init; }
}

/// <summary>One upsampling step of the vocoder's head.</summary>
public sealed record VocoderUpsampling
{
    /// <summary>By how much the step lengthens the signal.</summary>
    public required int Rate { get; init; }

    /// <summary>Kernel size of its transposed convolution; exceeds the rate by an even number.</summary>
    public required int Kernel { get; init; }
}

/// <summary>One of the residual blocks that follow each upsampling step of the vocoder's head.</summary>
public sealed record VocoderResidual
{
    /// <summary>Kernel size of all its convolutions, odd.</summary>
    public required int Kernel { get; init; }

    /// <summary>The dilations of its three pairs of convolutions; each pair's second one is not dilated.</summary>
    public required IReadOnlyList<int> Dilations { get; init; }
}
