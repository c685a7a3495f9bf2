using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Normalises groups of channels.</summary>
    public sealed class GroupNorm : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))]
        private Parameter? _weight;

        [ComponentName(Name = nameof(bias))]
        private Parameter? _bias;

        internal GroupNorm(long groups, long channels, double eps, bool affine, Device? device, ScalarType? dtype)
            : base(nameof(GroupNorm))
        {
            num_groups = groups;
            this.eps = eps;
            this.affine = affine;
            if (affine)
            {
                weight = new Parameter(ones([channels], dtype, device));
                bias = new Parameter(zeros([channels], dtype, device));
            }
        }

        public long num_groups { get; set; }

        public double eps { get; set; }

        public bool affine { get; set; }

        /// <summary>Null without affine parameters.</summary>
        public Parameter weight
        {
            get => _weight!;
            set => Exchange(nameof(weight), ref _weight, value);
        }

        public Parameter? bias
        {
            get => _bias;
            set => Exchange(nameof(bias), ref _bias, value);
        }

        /// <exception cref="ArgumentException">Fewer than three dimensions.</exception>
        public override Tensor forward(Tensor tensor) => tensor.Dimensions >= 3
            ? nn.functional.group_norm(tensor, num_groups, _weight, _bias, eps)
            : throw new ArgumentException($"Invalid number of dimensions for GroupNorm argument: {tensor.Dimensions}");
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.GroupNorm GroupNorm(
                long num_groups, long num_channels, double eps = 1e-05, bool affine = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_groups, num_channels, eps, affine, device, dtype);
        }
    }
}
