using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>What the transposed convolutions share.</summary>
    public abstract class ConvolutionTranspose : Convolution
    {
        private protected ConvolutionTranspose(string name, in ConvolutionShape shape, bool bias, Device? device, ScalarType? dtype)
            : base(name, shape, transposed: true, bias, device, dtype)
        {
        }

        public override Tensor forward(Tensor input) => forward(input, null);

        /// <summary>With the output's length, where the stride leaves it open; null for the shortest.</summary>
        public abstract Tensor forward(Tensor input, long[]? output_size);
    }

    /// <summary>Spreads along one dimension: [N, C, L] or [C, L].</summary>
    public sealed class ConvTranspose1d : ConvolutionTranspose
    {
        internal ConvTranspose1d(in ConvolutionShape shape, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(ConvTranspose1d), shape, bias, device, dtype)
        {
        }

        /// <exception cref="ArgumentException">An output length that the stride cannot give.</exception>
        public override Tensor forward(Tensor input, long[]? output_size)
        {
            RequireChannels(input, 1);
            long extra = output_padding[0];
            if (output_size is not null)
            {
                long shortest = ((input.size(-1) - 1) * stride[0]) - (2 * padding![0]) + (dilation[0] * (kernel_size[0] - 1)) + 1;
                extra = output_size[^1] - shortest;
                if (extra < 0 || extra >= stride[0])
                {
                    throw new ArgumentException($"Requested an output size of {output_size[^1]}, but valid sizes range from {shortest} to {shortest + stride[0] - 1}");
                }
            }

            return nn.functional.conv_transpose1d(input, weight, bias, stride[0], padding![0], extra, dilation[0], groups);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ConvTranspose1d ConvTranspose1d(
                long in_channels,
                long out_channels,
                long kernel_size,
                long stride = 1,
                long padding = 0,
                long output_padding = 0,
                long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null) =>
                new(
                    new(in_channels, out_channels, [kernel_size], [stride], [dilation], groups)
                    {
                        Padding = [padding],
                        PaddingMode = padding_mode,
                        OutputPadding = [output_padding],
                    },
                    bias,
                    device,
                    dtype);
        }
    }
}
