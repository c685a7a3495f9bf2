using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    // Comparisons, element by element, to tensors of truth values.
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Aten.EqTensor.Call(this, target);

        public Tensor eq(Scalar target) => Aten.EqScalar.Call(this, target);

        public Tensor ne(Tensor target) => Aten.NeTensor.Call(this, target);

        public Tensor ne(Scalar target) => Aten.NeScalar.Call(this, target);

        public Tensor lt(Tensor target) => Aten.LtTensor.Call(this, target);

        public Tensor lt(Scalar target) => Aten.LtScalar.Call(this, target);

        public Tensor le(Tensor target) => Aten.LeTensor.Call(this, target);

        public Tensor le(Scalar target) => Aten.LeScalar.Call(this, target);

        public Tensor gt(Tensor target) => Aten.GtTensor.Call(this, target);

        public Tensor gt(Scalar target) => Aten.GtScalar.Call(this, target);

        public Tensor ge(Tensor target) => Aten.GeTensor.Call(this, target);

        public Tensor ge(Scalar target) => Aten.GeScalar.Call(this, target);

        /// <summary>Element by element, as TorchSharp has it; <see cref="Equals(Tensor)"/> compares whole tensors.</summary>
        public Tensor equal(Tensor target) => eq(target);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => Aten.Isclose.Call(this, other, rtol, atol, nanEqual);

        /// <summary>Whether every element is within atol + rtol * |target| of its counterpart: the host waits for the answer.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            HostReads.Note();
            return Aten.Allclose.CallForValue(this, target, rtol, atol, equal_nan) != 0;
        }
    }

    public static Tensor eq(Tensor left, Tensor right) => left.eq(right);

    public static Tensor ne(Tensor left, Tensor right) => left.ne(right);

    public static Tensor lt(Tensor left, Tensor right) => left.lt(right);

    public static Tensor le(Tensor left, Tensor right) => left.le(right);

    public static Tensor gt(Tensor left, Tensor right) => left.gt(right);

    public static Tensor ge(Tensor left, Tensor right) => left.ge(right);

    public static Tensor equal(Tensor tensor, Tensor target) => tensor.equal(target);

    public static Tensor isclose(Tensor tensor, Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => tensor.isclose(other, rtol, atol, nanEqual);

    public static bool allclose(Tensor tensor, Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => tensor.allclose(target, rtol, atol, equal_nan);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Aten.WhereSelf.Call(condition, x, y);
}
