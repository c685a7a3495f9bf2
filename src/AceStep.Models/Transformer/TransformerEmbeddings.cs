using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Latents to tokens: each frame's column of latents becomes one token, by a convolution, a group norm and a convolution.</summary>
internal sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    /// <summary>How many features the first convolution makes of each latent channel.</summary>
    private const int FeaturesPerChannel = 256;

    private const int GroupCount = 32;

    private const double GroupNormEpsilon = 1e-6;

    [ComponentName(Name = "early_conv_layers")]
    private readonly Sequential _layers;

    public PatchEmbedding(int channels, int height, int width)
        : base(nameof(PatchEmbedding))
    {
        int features = channels * FeaturesPerChannel;
        _layers = nn.Sequential(
            ("0", nn.Conv2d(channels, features, kernel_size: (height, 1), stride: (height, 1), device: META)),
            ("1", nn.GroupNorm(GroupCount, features, GroupNormEpsilon, device: META)),
            ("2", nn.Conv2d(features, width, kernel_size: 1, device: META)));
        RegisterComponents();
    }

    /// <summary>[B, C, height, F] to [B, F, width]. The group norm's statistics run over all frames.</summary>
    public override Tensor forward(Tensor latents)
    {
        if (ExecutionChoices.IsShapeOnly(latents))
        {
            return EmbedByProducts(latents);
        }

        using var scope = NewDisposeScope();
        Tensor features = _layers.call(latents); // [B, D, 1, F]
        return features.flatten(start_dim: 2).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The same as products of each frame's column, and the norm as its definition says.</summary>
    internal Tensor EmbedByProducts(Tensor latents)
    {
        using var scope = NewDisposeScope();
        (Conv2d gather, GroupNorm norm, Conv2d mix) = ((Conv2d)_layers[0], (GroupNorm)_layers[1], (Conv2d)_layers[2]);
        Tensor columns = latents.permute(0, 3, 1, 2).flatten(start_dim: 2); // [B, F, C * height]
        Tensor features = nn.functional.linear(columns, gather.weight.flatten(start_dim: 1), gather.bias); // [B, F, C']
        Tensor groups = features.unflatten(2, GroupCount, -1); // [B, F, groups, C' / groups]
        Tensor centred = groups - groups.mean([1, 3], keepdim: true);
        Tensor variance = centred.Squared().mean([1, 3], keepdim: true);
        Tensor normalised = (centred * variance.Plus(GroupNormEpsilon).rsqrt()).flatten(start_dim: 2);
        normalised = norm.bias!.PlusProduct(normalised, norm.weight!).to(latents.dtype);
        return nn.functional.linear(normalised, mix.weight.flatten(start_dim: 1), mix.bias).MoveToOuterDisposeScope();
    }
}

/// <summary>Embeds timesteps: sinusoids of the timestep, then two linear layers with a SiLU between them.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    /// <summary>The number of sinusoids: no config has a key for it.</summary>
    public const int SinusoidCount = 256;

    private const double MaximumPeriod = 10_000;

    private static readonly float[] Frequencies = CreateFrequencies();

    [ComponentName(Name = "linear_1")]
    private readonly Linear _first;

    [ComponentName(Name = "linear_2")]
    private readonly Linear _second;

    public TimestepEmbedding(int width)
        : base(nameof(TimestepEmbedding))
    {
        _first = nn.Linear(SinusoidCount, width, device: META);
        _second = nn.Linear(width, width, device: META);
        RegisterComponents();
    }

    /// <summary>Timesteps [...] from 0 to 1000, float32, to embeddings [..., width] in the dtype of the weights.</summary>
    public override Tensor forward(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        Tensor sinusoids = Sinusoids(timesteps).to(_first.weight.dtype);
        return _second.call(_first.call(sinusoids).silu_()).MoveToOuterDisposeScope();
    }

    /// <summary>Timesteps [...] to [..., 256] in float32: the cosines first, then the sines.</summary>
    internal static Tensor Sinusoids(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        Tensor angles = timesteps.to(float32).unsqueeze(-1) * tensor(Frequencies, device: timesteps.device);
        return cat([angles.cos(), angles.sin()], dim: -1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// 10000^(-i / 128), rounded as the original's table is. A timestep of 1000 makes one unit in the last place of a
    /// frequency move its cosine by 3e-5, and libtorch's builds differ by such units in their exponential; so the table is
    /// computed here, in float64 from the original's float32 exponents.
    /// </summary>
    private static float[] CreateFrequencies()
    {
        const int Half = SinusoidCount / 2;
        var frequencies = new float[Half];
        for (int i = 0; i < Half; i++)
        {
            float exponent = i * -(float)Math.Log(MaximumPeriod) / Half;
            frequencies[i] = (float)Math.Exp(exponent);
        }

        // The exponential that the original's numbers come from (MKL's) rounds this one, near a tie, the other way.
        const int RoundedUp = 12;
        frequencies[RoundedUp] = MathF.BitIncrement(frequencies[RoundedUp]);
        return frequencies;
    }
}

/// <summary>Tokens to the velocity of the latents: a norm that the timestep modulates, a linear layer, and each token back to its frame's column.</summary>
internal sealed class FinalLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly int _channels;
    private readonly int _height;

    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    [ComponentName(Name = "scale_shift_table")]
    private Parameter _modulation;

    public FinalLayer(int width, int channels, int height)
        : base(nameof(FinalLayer))
    {
        _channels = channels;
        _height = height;
        _linear = nn.Linear(width, height * channels, device: META);
        _modulation = new Parameter(empty(2, width, device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, F, D] to [B, C, height, F].</summary>
    /// <param name="hiddenStates">[B, F, D].</param>
    /// <param name="embeddedTimestep">[B or 1, D].</param>
    public override Tensor forward(Tensor hiddenStates, Tensor embeddedTimestep)
    {
        using var scope = NewDisposeScope();
        Tensor[] modulation = _modulation.to(float32).unsqueeze(1).Plus(embeddedTimestep).unsqueeze(2).unbind(0); // [B or 1, 1, D] each
        Tensor normalised = RootMeanSquareNorm.Modulate(hiddenStates, shift: modulation[0], scale: modulation[1].Plus(1));
        Tensor columns = _linear.call(normalised).unflatten(2, _height, _channels); // [B, F, height, C]
        return columns.permute(0, 3, 2, 1).contiguous().MoveToOuterDisposeScope();
    }
}
