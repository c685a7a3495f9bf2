using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How <see cref="nn.functional.interpolate"/> fills in.</summary>
    public enum InterpolationMode
    {
        Nearest = 0,
        Linear = 1,
        Bilinear = 2,
        Bicubic = 3,
        Trilinear = 4,
        Area = 5,
        NearestExact = 6,
    }

    public static partial class nn
    {
        /// <summary>Layers as functions of their weights.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Aten.Linear.Call(input, weights, bias);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) =>
                Aten.LayerNorm.Call(input, normalized_shape, weight, bias, eps);

            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) =>
                Aten.GroupNorm.Call(input, num_groups, weight, bias, eps);

            /// <summary>Divides by the p-norm along a dimension, or by eps where that is larger.</summary>
            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
            {
                using Tensor norm = Aten.NormScalarOptDim.Call(input, p, (long[])[dim], true);
                using Tensor divisor = norm.clamp_min(eps);
                return input / divisor;
            }

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_().alias() : x.silu();

            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_().alias() : x.tanh();

            public static Tensor gelu(Tensor x) => x.gelu();

            /// <exception cref="NotSupportedException">In place: libtorch 1.13 has no such operator.</exception>
            public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false) => inplace
                ? throw new NotSupportedException("gelu in place is not supported here.")
                : x.gelu(approximate);

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => inplace
                ? Aten.LeakyReluInPlace.CallInPlace(input, negative_slope).alias()
                : Aten.LeakyRelu.Call(input, negative_slope);

            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace
                ? Aten.EluInPlace.CallInPlace(x, alpha).alias()
                : Aten.Elu.Call(x, alpha);

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);

            public static Tensor mish(Tensor x, bool inplace = false) => inplace ? Aten.MishInPlace.CallInPlace(x).alias() : Aten.Mish.Call(x);

            public static Tensor glu(Tensor input, long dim = -1) => Aten.Glu.Call(input, dim);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => Aten.MseLoss.Call(input, target, (long)reduction);

            public static Tensor one_hot(Tensor x, long num_classes = -1)
            {
                if (num_classes < 0)
                {
                    HostReads.Note();
                }

                return Aten.OneHot.Call(x, num_classes);
            }

            public static Tensor pixel_shuffle(Tensor input, long upscale_factor) => Aten.PixelShuffle.Call(input, upscale_factor);

            public static Tensor pixel_unshuffle(Tensor input, long downscale_factor) => Aten.PixelUnshuffle.Call(input, downscale_factor);

            /// <summary>Pads by dimension from the last to the first, each before and after.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                Aten.Pad.Call(input, pad, NameOf(mode), mode is PaddingModes.Constant or PaddingModes.Zeros ? value : Argument.None);

            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, pad.ToArray(), mode, value);

            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, (long[])[pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, (long[])[pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            internal static string NameOf(PaddingModes mode) => mode switch
            {
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "replicate",
                PaddingModes.Circular => "circular",
                _ => "constant",
            };
        }

        /// <summary>What becomes of a loss's elements.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }
    }
}
