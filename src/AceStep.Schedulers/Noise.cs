using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>Draws noise in the original's order, and mixes it with latents.</summary>
/// <remarks>Stateless but for the generators that are passed in, which are not thread-safe. Results belong to the caller's dispose scope.</remarks>
public static class Noise
{
    /// <summary>Draws one item of standard normal noise from each generator, so that an item's noise depends on its own seed alone.</summary>
    /// <param name="generators">One generator for each item of the batch, at least one; all on one device, where the noise is made.</param>
    /// <param name="itemShape">The shape of one item, without the batch: [8, 16, frames] for latents.</param>
    /// <param name="dtype">The type drawn in; in another type the numbers are others.</param>
    /// <returns>[generators, ...<paramref name="itemShape"/>].</returns>
    /// <exception cref="ArgumentException">There is no generator.</exception>
    public static Tensor Draw(IReadOnlyList<Generator> generators, IReadOnlyList<long> itemShape, ScalarType dtype = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(generators);
        ArgumentNullException.ThrowIfNull(itemShape);
        if (generators.Count == 0)
        {
            throw new ArgumentException("Noise needs one generator for each item of the batch.", nameof(generators));
        }

        using var scope = NewDisposeScope();
        long[] shape = [1, .. itemShape];
        Tensor[] items = [.. generators.Select(generator => randn(shape, dtype, generator.device, generator: generator))];
        return cat(items, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Draws float32 standard normal noise for a whole batch from one generator.</summary>
    /// <param name="generator">The generator, on the device where the noise is made.</param>
    /// <param name="shape">The shape, [B, C, H, W].</param>
    /// <param name="layout">The order in memory, on which the numbers depend.</param>
    internal static Tensor DrawBatch(Generator generator, long[] shape, NoiseLayout layout)
    {
        using var scope = NewDisposeScope();
        Tensor memory = layout == NoiseLayout.ChannelsLast
            ? empty([shape[0], shape[2], shape[3], shape[1]], float32, generator.device).permute(0, 3, 1, 2) // [B, H, W, C] -> [B, C, H, W]
            : empty(shape, float32, generator.device);
        return memory.normal_(0, 1, generator).MoveToOuterDisposeScope();
    }

    /// <summary>Puts clean latents at a noise level: (1 - <paramref name="level"/>) * clean + level * noise.</summary>
    /// <param name="clean">The clean latents.</param>
    /// <param name="noise">Noise of the same shape.</param>
    /// <param name="level">The share of noise, 0 to 1: <see cref="Schedule.SigmaMax"/> or <see cref="Schedule.NoiseLevel"/>.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Mix(Tensor clean, Tensor noise, float level)
    {
        Shapes.RequireEqual(clean, noise);
        using var scope = NewDisposeScope();
        return clean.Times(1 - level).Plus(noise.Times(level)).MoveToOuterDisposeScope();
    }

    /// <summary>Turns noise towards other noise, which keeps its variance: cos(a) * noise + sin(a) * other, a = variance * pi / 2.</summary>
    /// <param name="noise">The noise that variance 0 gives.</param>
    /// <param name="other">The independent noise that variance 1 gives, of the same shape.</param>
    /// <param name="variance">0 to 1.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Vary(Tensor noise, Tensor other, double variance)
    {
        Shapes.RequireEqual(noise, other);
        using var scope = NewDisposeScope();
        float angle = (float)(variance * Math.PI / 2);
        return noise.Times(MathF.Cos(angle)).Plus(other.Times(MathF.Sin(angle))).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The order in memory in which noise of shape [B, C, H, W] is drawn. libtorch fills contiguous and strided memory by
/// different algorithms, so the same generator gives other numbers.
/// </summary>
public enum NoiseLayout
{
    /// <summary>As the shape reads: W fastest. For latents that began as noise.</summary>
    Contiguous,

    /// <summary>C fastest. For latents that came out of the autoencoder, whose layout the original's noise takes over.</summary>
    ChannelsLast,
}

/// <summary>Torch broadcasts what does not fit together; the arithmetic here is between equal shapes only.</summary>
internal static class Shapes
{
    public static void RequireEqual(
        Tensor expected,
        Tensor actual,
        [CallerArgumentExpression(nameof(expected))] string expectedName = "",
        [CallerArgumentExpression(nameof(actual))] string actualName = "")
    {
        ArgumentNullException.ThrowIfNull(expected, expectedName);
        ArgumentNullException.ThrowIfNull(actual, actualName);
        if (!expected.shape.AsSpan().SequenceEqual(actual.shape))
        {
            throw new ArgumentException(
                $"{actualName} is [{string.Join(", ", actual.shape)}]; it must have the shape of {expectedName}, [{string.Join(", ", expected.shape)}].",
                actualName);
        }
    }
}
