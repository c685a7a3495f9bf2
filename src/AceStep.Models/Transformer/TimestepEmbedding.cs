using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

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
