using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>A generation's random numbers: one generator for each item's base noise and one for its variation noise.</summary>
/// <remarks>An item's noise depends on its own seeds alone, never on the batch around it.</remarks>
internal sealed class NoiseGenerators : IDisposable
{
    private readonly Generator[] _base;
    private readonly Generator[] _variation;

    public NoiseGenerators(long[] seeds, long[]? variationSeeds, Device device)
    {
        Device = device;
        _base = [.. seeds.Select(seed => new Generator((ulong)seed, device))];
        _variation = [.. (variationSeeds ?? []).Select(seed => new Generator((ulong)seed, device))];
    }

    public Device Device { get; }

    public int BatchSize => _base.Length;

    public IReadOnlyList<Generator> Base => _base;

    public IReadOnlyList<Generator> Variation => _variation;

    public Tensor DrawBase(int frames, ScalarType dtype) => Draw(_base, frames, dtype);

    public Tensor DrawVariation(int frames, ScalarType dtype) => Draw(_variation, frames, dtype);

    public void Dispose()
    {
        foreach (Generator generator in _base.Concat(_variation))
        {
            generator.Dispose();
        }
    }

    private static Tensor Draw(Generator[] generators, int frames, ScalarType dtype) =>
        Noise.Draw(generators, [LatentFrames.Channels, LatentFrames.Rows, frames], dtype);
}
