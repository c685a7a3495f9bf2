using TorchSharp;

namespace AceStep.Models;

/// <summary>What all blocks share in one pass over one batch: it follows from the length and the mask alone.</summary>
internal sealed class Umt5Pass : IDisposable
{
    private Umt5Pass(torch.Tensor buckets, torch.Tensor maskBias)
    {
        Buckets = buckets;
        MaskBias = maskBias;
    }

    /// <summary>The class of the distance from each query (row) to each key (column), [S, S].</summary>
    public torch.Tensor Buckets { get; }

    /// <summary>Zero for the keys that count and the type's lowest number for the others, [B, 1, 1, S].</summary>
    public torch.Tensor MaskBias { get; }

    /// <summary>Prepares a pass.</summary>
    /// <param name="mask">Non-zero for the tokens that count, [B, S].</param>
    /// <param name="config">Says how distances fall into classes.</param>
    /// <param name="dtype">The type that the pass computes in.</param>
    public static Umt5Pass Create(torch.Tensor mask, Umt5Config config, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor buckets = CreateBuckets((int)mask.size(1), config, mask.device);
        torch.Tensor maskBias = torch.zeros(mask.shape, dtype: dtype, device: mask.device)
            .FillInPlace(mask.logical_not(), torch.finfo(dtype).min)
            .unsqueeze(1)
            .unsqueeze(1); // [B, 1, 1, S]
        return new Umt5Pass(buckets.MoveToOuterDisposeScope(), maskBias.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The class of a distance: half of the classes are for keys after the query; of each half, the first half is for one
    /// distance each, and the rest share the distances up to the maximum by their logarithm.
    /// </summary>
    /// <param name="distance">The key's position minus the query's.</param>
    /// <param name="bucketCount">The number of classes.</param>
    /// <param name="maximumDistance">From where on all distances are one class.</param>
    internal static int Bucket(int distance, int bucketCount, int maximumDistance)
    {
        int half = bucketCount / 2;
        int exact = half / 2;
        int first = distance > 0 ? half : 0;
        int size = Math.Abs(distance);
        if (size < exact)
        {
            return first + size;
        }

        // In float32, as the original: the borders depend on it where the logarithm is a whole number.
        float share = MathF.Log((float)size / exact) / (float)Math.Log((double)maximumDistance / exact) * (half - exact);
        return first + Math.Min(half - 1, exact + (int)share);
    }

    /// <summary>Returns both tensors' memory.</summary>
    public void Dispose()
    {
        Buckets.Dispose();
        MaskBias.Dispose();
    }

    private static torch.Tensor CreateBuckets(int length, Umt5Config config, torch.Device device)
    {
        long[] byDistance = new long[(2 * length) - 1];
        for (int index = 0; index < byDistance.Length; index++)
        {
            byDistance[index] = Bucket(index - (length - 1), config.RelativeBucketCount, config.RelativeMaximumDistance);
        }

        long[] buckets = new long[length * length];
        for (int query = 0; query < length; query++)
        {
            byDistance.AsSpan(length - 1 - query, length).CopyTo(buckets.AsSpan(query * length));
        }

        return torch.tensor(buckets, [length, length], device: device); // [S, S], by query and key
    }
}
