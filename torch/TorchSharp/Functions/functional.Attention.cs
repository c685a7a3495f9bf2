using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>
            /// softmax(query @ key.T / sqrt(E)) @ value over [..., L, E]. A mask of truth values keeps where it is true, one of numbers is
            /// added; a query that may look at nothing gives zeros. <paramref name="p"/> is the dropout's probability.
            /// </summary>
            /// <exception cref="ArgumentException">A negative probability, or a mask and causal at once.</exception>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false)
            {
                if (p < 0)
                {
                    throw new ArgumentException("Dropout probability must be greater than or equal to zero.");
                }

                if (is_casual && attn_mask is not null)
                {
                    throw new ArgumentException("Casual attention masking cannot pass a mask.");
                }

                return Aten.ScaledDotProductAttention.Exists
                    ? Aten.ScaledDotProductAttention.Call(query, key, value, attn_mask, p, is_casual)
                    : ComposedAttention(query, key, value, attn_mask, p, is_casual);
            }

            // Queries do not meet one another, so no more than this many have their scores in memory at once.
            private const long QueryWindow = 512;

            // libtorch has the operator from 2.0 on.
            private static Tensor ComposedAttention(Tensor query, Tensor key, Tensor value, Tensor? mask, double dropout, bool causal)
            {
                using DisposeScope scope = NewDisposeScope();
                long queries = query.size(-2);
                if (causal)
                {
                    mask = ones([queries, key.size(-2)], ScalarType.Bool, query.device).tril();
                }

                if (queries <= QueryWindow)
                {
                    return Attend(query, key, value, mask, dropout).MoveToOuterDisposeScope();
                }

                Tensor result = empty([.. query.shape[..^1], value.size(-1)], query.dtype, query.device);
                for (long start = 0; start < queries; start += QueryWindow)
                {
                    using DisposeScope window = NewDisposeScope();
                    long count = Math.Min(QueryWindow, queries - start);
                    Tensor? windowMask = mask is null || mask.ndim < 2 || mask.size(-2) == 1 ? mask : mask.narrow(-2, start, count);
                    result.narrow(-2, start, count).copy_(Attend(query.narrow(-2, start, count), key, value, windowMask, dropout));
                }

                return result.MoveToOuterDisposeScope();
            }

            private static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask, double dropout)
            {
                Tensor scores = (query * (1 / Math.Sqrt(query.size(-1)))).matmul(key.transpose(-2, -1)); // [..., L, S]
                if (mask is null)
                {
                    return Drop(scores.softmax(-1), dropout).matmul(value);
                }

                Tensor closed = mask.dtype == ScalarType.Bool ? mask.logical_not() : mask.eq(double.NegativeInfinity);
                scores = mask.dtype == ScalarType.Bool ? scores.masked_fill_(closed, double.NegativeInfinity) : scores.add_(mask);

                // The softmax of nothing but minus infinity is not a number.
                Tensor weights = scores.softmax(-1).masked_fill_(closed.all(-1, keepdim: true), 0);
                return Drop(weights, dropout).matmul(value);
            }

            private static Tensor Drop(Tensor weights, double dropout) => dropout > 0 ? Aten.Dropout.Call(weights, dropout, true) : weights;
        }
    }
}
