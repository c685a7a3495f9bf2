using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The vocoder's weights as its modules hold them: everything that is done to the checkpoint's tensors is done here.
/// As a source it presents <c>X.weight</c> for the pair <c>X.weight_g</c>, <c>X.weight_v</c> of a weight-normed layer.
/// </summary>
internal sealed class VocoderWeights : ITensorSource
{
    /// <summary>The analysis window of the mel spectra that the vocoder reads.</summary>
    public const string MelWindowName = "mel_transform.spectrogram.window";

    /// <summary>The mel filter bank of the spectra that the vocoder reads.</summary>
    public const string MelFilterBankName = "mel_transform.mel_scale.fb";

    private const string GainSuffix = "_g";
    private const string DirectionSuffix = "_v";

    private readonly ITensorSource _source;
    private readonly HashSet<string> _folded;

    /// <summary>Presents a checkpoint's tensors; the source stays its owner's.</summary>
    public VocoderWeights(ITensorSource source)
    {
        _source = source;
        HashSet<string> names = [.. source.Names];
        _folded = [.. names.Where(name => name.EndsWith(".weight" + DirectionSuffix, StringComparison.Ordinal))
            .Select(name => name[..^DirectionSuffix.Length])
            .Where(name => names.Contains(name + GainSuffix))];
        Names = [.. names.Where(name => !_folded.Contains(WithoutSuffix(name))), .. _folded];
    }

    /// <inheritdoc/>
    public string Origin => _source.Origin;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names { get; }

    /// <summary>Whether a tensor belongs to the front end and so to none of the modules.</summary>
    public static bool IsFrontEnd(string name) => name is MelWindowName or MelFilterBankName;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _source.Shape(Stored(name));

    /// <inheritdoc/>
    public ScalarType Type(string name) => _source.Type(Stored(name));

    /// <inheritdoc/>
    public void Read(string name, Tensor destination)
    {
        if (_folded.Contains(name))
        {
            Fold(name, destination);
        }
        else
        {
            _source.Read(name, destination);
        }
    }

    /// <summary>Reads the front end that the vocoder was trained with: always in float32, from the values as they are stored.</summary>
    /// <exception cref="CheckpointMismatchException">A table is missing or of another size than the config says.</exception>
    public LogMelSpectrogram ReadSpectrogram(VocoderConfig config, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor window = empty([config.WindowLength], dtype: float32, device: device);
        Tensor filterBank = empty([(config.WindowLength / 2) + 1, config.MelBins], dtype: float32, device: device);
        RequireFrontEnd((MelWindowName, window), (MelFilterBankName, filterBank));
        _source.Read(MelWindowName, window);
        _source.Read(MelFilterBankName, filterBank);
        return new LogMelSpectrogram(window, filterBank, config.HopLength);
    }

    /// <summary>
    /// A transposed convolution's kernel [Cin, Cout, K] as that of an ordinary convolution [rate Cout, Cin, taps] whose output
    /// channel phase · Cout + c is sample rate · position + phase of channel c.
    /// </summary>
    public static Parameter ToPhases(Tensor kernel, VocoderUpsampling sizes)
    {
        int padding = (sizes.Kernel - sizes.Rate) / 2;
        int side = (sizes.Rate - 1 + padding) / sizes.Rate;
        using var scope = NewDisposeScope();
        Tensor phases = zeros(
            [sizes.Rate, kernel.size(1), kernel.size(0), (2 * side) + 1], dtype: kernel.dtype, device: kernel.device);
        for (int phase = 0; phase < sizes.Rate; phase++)
        {
            for (int tap = -side; tap <= side; tap++)
            {
                // Input position + tap reaches output rate (position + tap) - padding + k for every k of the kernel.
                int k = phase + padding - (sizes.Rate * tap);
                if (k >= 0 && k < sizes.Kernel)
                {
                    phases.select(0, phase).select(2, tap + side).copy_(kernel.select(2, k).t());
                }
            }
        }

        return new Parameter(phases.flatten(0, 1).DetachFromDisposeScope(), requires_grad: false);
    }

    /// <summary>A transposed convolution's bias [Cout] for the convolution of <see cref="ToPhases"/>: [rate Cout].</summary>
    public static Parameter RepeatForPhases(Tensor bias, VocoderUpsampling sizes) =>
        new(bias.repeat(sizes.Rate).DetachFromDisposeScope(), requires_grad: false);

    private void RequireFrontEnd(params ReadOnlySpan<(string Name, Tensor Table)> tables)
    {
        List<string> missing = [];
        List<string> misshapen = [];
        foreach ((string name, Tensor table) in tables)
        {
            if (!_source.Names.Contains(name))
            {
                missing.Add(name);
            }
            else if (!_source.Shape(name).SequenceEqual(table.shape))
            {
                misshapen.Add($"{name} is [{string.Join(", ", _source.Shape(name))}] and must be [{string.Join(", ", table.shape)}]");
            }
        }

        if (missing.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(Origin, nameof(LogMelSpectrogram), missing, [], misshapen);
        }
    }

    private static string WithoutSuffix(string name) =>
        name.EndsWith(GainSuffix, StringComparison.Ordinal) || name.EndsWith(DirectionSuffix, StringComparison.Ordinal) ? name[..^2] : name;

    private string Stored(string name) => _folded.Contains(name) ? name + DirectionSuffix : name;

    // weight = g v / |v|, the length taken over all axes but the first, also where that is the input channel.
    private void Fold(string name, Tensor destination)
    {
        using var scope = NewDisposeScope();
        Tensor direction = ReadFloat32(name + DirectionSuffix);
        Tensor gain = ReadFloat32(name + GainSuffix);
        if (gain.numel() != direction.size(0))
        {
            throw new CheckpointFormatException(
                Origin, $"it must have one value for each of the {direction.size(0)} rows of {name + DirectionSuffix}; it has {gain.numel()}", name + GainSuffix);
        }

        Tensor lengths = direction.flatten(1).Squared().sum(1).sqrt_();
        Tensor scale = gain.flatten().div_(lengths).view([-1, .. Enumerable.Repeat(1L, (int)direction.dim() - 1)]);
        destination.copy_(direction.mul_(scale));
    }

    private Tensor ReadFloat32(string name)
    {
        Tensor tensor = empty([.. _source.Shape(name)], dtype: ScalarType.Float32, device: CPU);
        _source.Read(name, tensor);
        return tensor;
    }
}
