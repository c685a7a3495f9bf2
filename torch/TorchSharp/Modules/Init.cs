namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Fills parameters; each returns its tensor.</summary>
        public static partial class init
        {
            public static Tensor constant_(Tensor tensor, Scalar val) => Unrecorded(tensor, target => target.fill_(val));

            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) =>
                Unrecorded(tensor, target => target.uniform_(low, high, generator));

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) =>
                Unrecorded(tensor, target => target.normal_(mean, std, generator));

            /// <summary>What the layers start with: both uniform within 1 / sqrt(fan in).</summary>
            internal static void Weights(Modules.Parameter weight, Modules.Parameter? bias)
            {
                long fanIn = weight.NumberOfElements / Math.Max(weight.size(0), 1);
                double bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
                uniform_(weight, -bound, bound);
                if (bias is not null)
                {
                    uniform_(bias, -bound, bound);
                }
            }

            private static Tensor Unrecorded(Tensor tensor, Action<Tensor> fill)
            {
                // There is nothing to fill on the meta device, and a draw would only move the generator on.
                if (!tensor.is_meta)
                {
                    using IDisposable noGradients = no_grad();
                    fill(tensor);
                }

                return tensor;
            }
        }
    }
}
