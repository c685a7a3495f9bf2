using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    // Arithmetic of two tensors, or of a tensor and a number; shapes are broadcast. What ends in _ changes the first and returns it.
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Aten.AddTensor.Call(this, target);

        public Tensor add(Tensor target, Scalar alpha) => Aten.AddTensor.Call(this, target, alpha);

        public Tensor add(Scalar scalar) => Aten.AddScalar.Call(this, scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => Aten.AddScalar.Call(this, scalar, alpha);

        public Tensor add_(Tensor target) => Aten.AddTensorInPlace.CallInPlace(this, target);

        public Tensor add_(Tensor target, Scalar alpha) => Aten.AddTensorInPlace.CallInPlace(this, target, alpha);

        public Tensor add_(Scalar scalar) => Aten.AddScalarInPlace.CallInPlace(this, scalar);

        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.AddScalarInPlace.CallInPlace(this, scalar, alpha);

        public Tensor sub(Tensor target) => Aten.SubTensor.Call(this, target);

        public Tensor sub(Scalar target) => Aten.SubScalar.Call(this, target);

        public Tensor subtract(Tensor target) => sub(target);

        public Tensor subtract(Scalar target) => sub(target);

        public Tensor sub_(Tensor target) => Aten.SubTensorInPlace.CallInPlace(this, target);

        public Tensor sub_(Scalar target) => Aten.SubScalarInPlace.CallInPlace(this, target);

        public Tensor subtract_(Tensor target) => sub_(target);

        public Tensor subtract_(Scalar target) => sub_(target);

        public Tensor mul(Tensor target) => Aten.MulTensor.Call(this, target);

        public Tensor mul(Scalar target) => Aten.MulScalar.Call(this, target);

        public Tensor mul_(Tensor target) => Aten.MulTensorInPlace.CallInPlace(this, target);

        public Tensor mul_(Scalar target) => Aten.MulScalarInPlace.CallInPlace(this, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Aten.DivTensorMode.Call(this, target, NameOf(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.DivScalarMode.Call(this, target, NameOf(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor remainder(Tensor target) => Aten.RemainderTensor.Call(this, target);

        public Tensor remainder(Scalar scalar) => Aten.RemainderScalar.Call(this, scalar);

        public Tensor pow(Tensor exponent) => Aten.PowTensorTensor.Call(this, exponent);

        public Tensor pow(Scalar exponent) => Aten.PowTensorScalar.Call(this, exponent);

        public Tensor floor_divide(Tensor other) => Aten.FloorDivide.Call(this, other);

        public Tensor bitwise_and(Tensor other) => Aten.BitwiseAndTensor.Call(this, other);

        public Tensor logical_and(Tensor other) => Aten.LogicalAnd.Call(this, other);

        public Tensor bitwise_or(Tensor other) => Aten.BitwiseOrTensor.Call(this, other);

        public Tensor logical_or(Tensor other) => Aten.LogicalOr.Call(this, other);

        public Tensor bitwise_xor(Tensor other) => Aten.BitwiseXorTensor.Call(this, other);

        public Tensor logical_xor(Tensor other) => Aten.LogicalXor.Call(this, other);

        /// <summary>self + value * tensor1 * tensor2</summary>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcmul.Call(this, tensor1, tensor2, value);

        /// <summary>self + value * tensor1 / tensor2</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcdiv.Call(this, tensor1, tensor2, value);

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Aten.DivTensorModeInPlace.CallInPlace(this, target, NameOf(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.DivScalarModeInPlace.CallInPlace(this, target, NameOf(rounding_mode));

        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor remainder_(Tensor target) => Aten.RemainderTensorInPlace.CallInPlace(this, target);

        public Tensor remainder_(Scalar scalar) => Aten.RemainderScalarInPlace.CallInPlace(this, scalar);

        public Tensor pow_(Tensor exponent) => Aten.PowTensorInPlace.CallInPlace(this, exponent);

        public Tensor pow_(Scalar exponent) => Aten.PowScalarInPlace.CallInPlace(this, exponent);

        public Tensor floor_divide_(Tensor other) => Aten.FloorDivideTensorInPlace.CallInPlace(this, other);

        public Tensor bitwise_and_(Tensor other) => Aten.BitwiseAndTensorInPlace.CallInPlace(this, other);

        public Tensor logical_and_(Tensor other) => Aten.LogicalAndInPlace.CallInPlace(this, other);

        public Tensor bitwise_or_(Tensor other) => Aten.BitwiseOrTensorInPlace.CallInPlace(this, other);

        public Tensor logical_or_(Tensor other) => Aten.LogicalOrInPlace.CallInPlace(this, other);

        public Tensor bitwise_xor_(Tensor other) => Aten.BitwiseXorTensorInPlace.CallInPlace(this, other);

        public Tensor logical_xor_(Tensor other) => Aten.LogicalXorInPlace.CallInPlace(this, other);

        /// <summary>self + value * tensor1 * tensor2</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.AddcmulInPlace.CallInPlace(this, tensor1, tensor2, value);

        /// <summary>self + value * tensor1 / tensor2</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.AddcdivInPlace.CallInPlace(this, tensor1, tensor2, value);

        public Tensor lerp(Tensor end, Tensor weight) => Aten.LerpTensor.Call(this, end, weight);

        public Tensor maximum(Tensor other) => Aten.Maximum.Call(this, other);

        public Tensor minimum(Tensor other) => Aten.Minimum.Call(this, other);

        public Tensor max(Tensor other) => maximum(other);

        public Tensor min(Tensor other) => minimum(other);

        public Tensor atan2(Tensor other) => Aten.Atan2.Call(this, other);

        private static string? NameOf(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();
    }

    public static Tensor add(Tensor left, Tensor right) => left.add(right);

    public static Tensor add(Tensor left, Scalar right) => left.add(right);

    public static Tensor sub(Tensor left, Tensor right) => left.sub(right);

    public static Tensor sub(Tensor left, Scalar right) => left.sub(right);

    public static Tensor subtract(Tensor left, Tensor right) => left.subtract(right);

    public static Tensor subtract(Tensor left, Scalar right) => left.subtract(right);

    public static Tensor mul(Tensor left, Tensor right) => left.mul(right);

    public static Tensor mul(Tensor left, Scalar right) => left.mul(right);

    public static Tensor div(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);

    public static Tensor div(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);

    public static Tensor divide(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);

    public static Tensor divide(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) => left.div(right, rounding_mode);

    public static Tensor remainder(Tensor left, Tensor right) => left.remainder(right);

    public static Tensor remainder(Tensor left, Scalar right) => left.remainder(right);

    public static Tensor pow(Tensor left, Tensor exponent) => left.pow(exponent);

    public static Tensor pow(Tensor left, Scalar exponent) => left.pow(exponent);

    public static Tensor add(Tensor left, Tensor right, Scalar alpha) => left.add(right, alpha);

    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    public static Tensor max(Tensor input, Tensor other) => input.max(other);

    public static Tensor min(Tensor input, Tensor other) => input.min(other);

    public static Tensor atan2(Tensor input, Tensor other) => input.atan2(other);

    public static Tensor floor_divide(Tensor input, Tensor other) => input.floor_divide(other);

    public static Tensor logical_and(Tensor left, Tensor right) => left.logical_and(right);

    public static Tensor logical_or(Tensor left, Tensor right) => left.logical_or(right);

    public static Tensor logical_xor(Tensor left, Tensor right) => left.logical_xor(right);

    public static Tensor lerp(Tensor input, Tensor end, Tensor weight) => input.lerp(end, weight);

    public static Tensor addcmul(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcmul(tensor1, tensor2, value);

    public static Tensor addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) => input.addcdiv(tensor1, tensor2, value);
}
