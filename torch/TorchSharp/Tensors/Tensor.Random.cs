using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    // Random fills; without a generator they draw from the device's default one.
    public partial class Tensor
    {
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Aten.NormalInPlace.CallInPlace(this, mean, std, generator);

        public Tensor uniform_(double from, double to, Generator? generator = null) => Aten.UniformInPlace.CallInPlace(this, from, to, generator);

        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Aten.BernoulliFloatInPlace.CallInPlace(this, p, generator);

        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            torch.randn_like(this, dtype, device, requires_grad);
    }
}
