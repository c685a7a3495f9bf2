using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Convolves along one dimension: [N, C, L] or [C, L].</summary>
    public sealed class Conv1d : Convolution
    {
        internal Conv1d(in ConvolutionShape shape, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv1d), shape, transposed: false, bias, device, dtype)
        {
        }

        public override Tensor forward(Tensor input)
        {
            RequireChannels(input, 1);
            if (padding_mode != PaddingModes.Zeros)
            {
                using Tensor padded = Padded(input);
                return nn.functional.conv1d(padded, weight, bias, stride[0], 0, dilation[0], groups);
            }

            return padding_type is { } type
                ? nn.functional.conv1d_padding(input, weight, bias, stride[0], type, dilation[0], groups)
                : nn.functional.conv1d(input, weight, bias, stride[0], padding![0], dilation[0], groups);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Conv1d Conv1d(
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
                new(new(in_channels, out_channels, [kernel_size], [stride], [dilation], groups) { Padding = [padding], PaddingMode = padding_mode }, bias, device, dtype);

            public static Modules.Conv1d Conv1d(
                long in_channels,
                long out_channels,
                long kernel_size,
                Padding padding,
                long stride = 1,
                long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null) =>
                new(new(in_channels, out_channels, [kernel_size], [stride], [dilation], groups) { PaddingType = padding, PaddingMode = padding_mode }, bias, device, dtype);
        }
    }
}
