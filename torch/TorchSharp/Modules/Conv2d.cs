using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Convolves along two dimensions: [N, C, H, W] or [C, H, W].</summary>
    public sealed class Conv2d : Convolution
    {
        internal Conv2d(in ConvolutionShape shape, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv2d), shape, transposed: false, bias, device, dtype)
        {
        }

        public override Tensor forward(Tensor input)
        {
            RequireChannels(input, 2);
            if (padding_mode != PaddingModes.Zeros)
            {
                using Tensor padded = Padded(input);
                return nn.functional.conv2d(padded, weight, bias, stride, [0, 0], dilation, groups);
            }

            return padding_type is { } type
                ? nn.functional.conv2d_padding(input, weight, bias, stride, type, dilation, groups)
                : nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Conv2d Conv2d(
                long in_channels,
                long out_channels,
                long kernel_size,
                long stride = 1,
                long padding = 0,
                long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null) =>
                Conv2d(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), (dilation, dilation), padding_mode, groups, bias, device, dtype);

            public static Modules.Conv2d Conv2d(
                long in_channels,
                long out_channels,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                (long, long)? dilation = null,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null) =>
                new(
                    new(in_channels, out_channels, Both(kernel_size), Both(stride ?? (1, 1)), Both(dilation ?? (1, 1)), groups)
                    {
                        Padding = Both(padding ?? (0, 0)),
                        PaddingMode = padding_mode,
                        OutputPadding = [0, 0],
                    },
                    bias,
                    device,
                    dtype);

            private static long[] Both((long First, long Second) pair) => [pair.First, pair.Second];
        }
    }
}
