using TorchSharp.Native;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A vector per number.</summary>
    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        private readonly long _paddingIndex;

        [ComponentName(Name = nameof(weight))]
        private Parameter? _weight;

        internal Embedding(long count, long dimensions, long? paddingIndex, Device? device, ScalarType? dtype)
            : base(nameof(Embedding))
        {
            _paddingIndex = paddingIndex ?? -1;
            using IDisposable noGradients = no_grad();
            Tensor start = empty([count, dimensions], dtype, device).normal_();
            if (paddingIndex is { } padding)
            {
                using Tensor row = start.select(0, padding);
                row.zero_();
            }

            Exchange(nameof(weight), ref _weight, new Parameter(start));
        }

        /// <summary>The vectors. As in TorchSharp, reading it makes a wrapper of its own, to be disposed of like any tensor.</summary>
        public Parameter? weight
        {
            get
            {
                Bridge.bridge_tensor_retain(_weight!.Handle);
                return new Parameter(_weight.Handle);
            }

            set => Exchange(nameof(weight), ref _weight, value ?? throw new ArgumentNullException(nameof(value)));
        }

        public override Tensor forward(Tensor input) => Aten.Embedding.Call(_weight, input, _paddingIndex);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <exception cref="NotSupportedException">A maximal norm: it changes the weights while they are read.</exception>
            public static Modules.Embedding Embedding(
                long num_embeddings,
                long embedding_dims,
                long? padding_idx = null,
                double? max_norm = null,
                double norm_type = 2,
                bool scale_grad_by_freq = false,
                bool sparse = false,
                Device? device = null,
                ScalarType? dtype = null) =>
                max_norm is null
                    ? new(num_embeddings, embedding_dims, padding_idx, device, dtype)
                    : throw new NotSupportedException("Embeddings with a maximal norm are not supported here.");
        }
    }
}
