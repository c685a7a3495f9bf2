namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry of an index expression: a number, a range, everything that is left, a new dimension, or a tensor of indices or of truth values.</summary>
    public struct TensorIndex
    {
        /// <summary>As many whole dimensions as the other entries leave.</summary>
        public static TensorIndex Ellipsis = new() { Kind = TensorIndexKind.Ellipsis };

        /// <summary>A new dimension of length 1.</summary>
        public static TensorIndex None = new() { Kind = TensorIndexKind.NewDimension };

        /// <summary>A new dimension of length 1.</summary>
        public static TensorIndex Null = new() { Kind = TensorIndexKind.NewDimension };

        /// <summary>A whole dimension.</summary>
        public static TensorIndex Colon = Slice();

        internal TensorIndexKind Kind { get; private init; }

        internal long? Start { get; private init; }

        internal long? Stop { get; private init; }

        internal long? Step { get; private init; }

        internal Tensor? Indices { get; private init; }

        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>Never called: it makes an index of mixed entries one of <see cref="TensorIndex"/>, not of tensors.</summary>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("Should not be called.");

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { Kind = TensorIndexKind.Slice, Start = start, Stop = stop, Step = step };

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            range.End.IsFromEnd ? range.End.Value == 0 ? null : -range.End.Value : range.End.Value);

        public static TensorIndex Single(long? index) => new() { Kind = TensorIndexKind.Single, Start = index };

        public static TensorIndex Tensor(Tensor tensor) => new() { Kind = TensorIndexKind.Tensor, Indices = tensor };
    }

    internal enum TensorIndexKind
    {
        Single,
        Slice,
        Ellipsis,
        NewDimension,
            Tensor,
    }
}
