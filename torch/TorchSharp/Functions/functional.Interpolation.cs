using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Resizes the dimensions after the second, to sizes or by factors.</summary>
            /// <exception cref="NotSupportedException">A mode that does not go with the number of dimensions, or that is not supported here.</exception>
            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool recompute_scale_factor = false,
                bool antialias = false)
            {
                if (recompute_scale_factor || antialias)
                {
                    throw new NotSupportedException("Interpolation with recomputed factors or with anti-aliasing is not supported here.");
                }

                bool corners = align_corners ?? false;
                return (mode, x.Dimensions) switch
                {
                    (InterpolationMode.Nearest, 3) => Aten.UpsampleNearest1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 4) => Aten.UpsampleNearest2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 3) => Aten.UpsampleNearestExact1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 4) => Aten.UpsampleNearestExact2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Linear, 3) => Aten.UpsampleLinear1dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 4) => Aten.UpsampleBilinear2dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 4) => Aten.UpsampleBicubic2dVec.Call(x, size, corners, scale_factor),
                    _ => throw new NotSupportedException($"Interpolation by {mode} of a tensor of {x.Dimensions} dimensions is not supported here."),
                };
            }
        }
    }
}
