using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    /// <summary>What lies beyond a tensor's edge.</summary>
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    /// <summary>How much a convolution pads by itself.</summary>
    public enum Padding
    {
        Valid = 0,
        Same = 1,
    }
}

namespace TorchSharp.Modules
{
    /// <summary>What the convolutions share: sizes, weight and bias.</summary>
    public abstract class Convolution : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))]
        private Parameter? _ownWeight;

        [ComponentName(Name = nameof(bias))]
        private Parameter? _ownBias;

        private protected Convolution(string name, in ConvolutionShape shape, bool transposed, bool bias, Device? device, ScalarType? dtype)
            : base(name)
        {
            if (transposed && shape.PaddingMode != PaddingModes.Zeros)
            {
                throw new ArgumentException($"Only PaddingModes.Zeros is supported for {name}");
            }

            in_channels = shape.InputChannels;
            out_channels = shape.OutputChannels;
            kernel_size = shape.Kernel;
            stride = shape.Stride;
            dilation = shape.Dilation;
            groups = shape.Groups;
            padding = shape.Padding;
            padding_type = shape.PaddingType;
            padding_mode = shape.PaddingMode;
            output_padding = shape.OutputPadding;
            this.transposed = transposed;

            long[] ends = transposed ? [in_channels, out_channels / groups] : [out_channels, in_channels / groups];
            weight = new Parameter(empty([.. ends, .. kernel_size], dtype, device));
            this.bias = bias ? new Parameter(empty([out_channels], dtype, device)) : null;
            nn.init.Weights(weight, this.bias);
        }

        public long in_channels { get; }

        public long out_channels { get; }

        public bool transposed { get; }

        public long[] kernel_size { get; set; }

        public long[] stride { get; set; }

        public long[] dilation { get; set; }

        public long groups { get; set; }

        /// <summary>Null where <see cref="padding_type"/> says it.</summary>
        public long[]? padding { get; }

        public Padding? padding_type { get; }

        public PaddingModes padding_mode { get; set; }

        public long[] output_padding { get; set; }

        public Parameter weight
        {
            get => _ownWeight!;
            set => Exchange(nameof(weight), ref _ownWeight, value);
        }

        public Parameter? bias
        {
            get => _ownBias;
            set => Exchange(nameof(bias), ref _ownBias, value);
        }

        /// <summary>Pads by mode where that is not the convolution's own business; else the input itself.</summary>
        private protected Tensor Padded(Tensor input)
        {
            if (padding_mode == PaddingModes.Zeros)
            {
                return input;
            }

            // By dimension from the last to the first, before and after.
            long[] amounts = padding is { } same
                ? [.. same.Reverse().SelectMany(amount => (long[])[amount, amount])]
                : padding_type == Padding.Same
                    ? [.. kernel_size.Zip(dilation, (kernel, step) => step * (kernel - 1)).Reverse().SelectMany(total => (long[])[total / 2, total - (total / 2)])]
                    : [.. kernel_size.SelectMany(_ => (long[])[0, 0])];
            return nn.functional.pad(input, amounts, padding_mode);
        }

        private protected void RequireChannels(Tensor input, int spatialDimensions)
        {
            long dimensions = input.Dimensions;
            bool fits = (dimensions == spatialDimensions + 2 && input.size(1) == in_channels) || (dimensions == spatialDimensions + 1 && input.size(0) == in_channels);
            if (!fits)
            {
                throw new ArgumentException(
                    $"Expected {spatialDimensions + 1}D (unbatched) or {spatialDimensions + 2}D (batched) input with {in_channels} channels to {GetName()}, got [{string.Join(", ", input.shape)}].");
            }
        }
    }

    /// <summary>The sizes of a convolution.</summary>
    internal readonly record struct ConvolutionShape(long InputChannels, long OutputChannels, long[] Kernel, long[] Stride, long[] Dilation, long Groups)
    {
        public long[]? Padding { get; init; }

        public Padding? PaddingType { get; init; }

        public PaddingModes PaddingMode { get; init; }

        public long[] OutputPadding { get; init; } = [0];
    }
}
