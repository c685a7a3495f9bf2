using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    // Functions of one tensor, element by element; those ending in _ change it and return it.
    public partial class Tensor
    {
        public Tensor abs() => Aten.Abs.Call(this);

        public Tensor abs_() => Aten.AbsInPlace.CallInPlace(this);

        public Tensor acos() => Aten.Acos.Call(this);

        public Tensor acos_() => Aten.AcosInPlace.CallInPlace(this);

        public Tensor acosh() => Aten.Acosh.Call(this);

        public Tensor acosh_() => Aten.AcoshInPlace.CallInPlace(this);

        public Tensor asin() => Aten.Asin.Call(this);

        public Tensor asin_() => Aten.AsinInPlace.CallInPlace(this);

        public Tensor asinh() => Aten.Asinh.Call(this);

        public Tensor asinh_() => Aten.AsinhInPlace.CallInPlace(this);

        public Tensor atan() => Aten.Atan.Call(this);

        public Tensor atan_() => Aten.AtanInPlace.CallInPlace(this);

        public Tensor atanh() => Aten.Atanh.Call(this);

        public Tensor atanh_() => Aten.AtanhInPlace.CallInPlace(this);

        public Tensor bitwise_not() => Aten.BitwiseNot.Call(this);

        public Tensor bitwise_not_() => Aten.BitwiseNotInPlace.CallInPlace(this);

        public Tensor ceil() => Aten.Ceil.Call(this);

        public Tensor ceil_() => Aten.CeilInPlace.CallInPlace(this);

        public Tensor cos() => Aten.Cos.Call(this);

        public Tensor cos_() => Aten.CosInPlace.CallInPlace(this);

        public Tensor cosh() => Aten.Cosh.Call(this);

        public Tensor cosh_() => Aten.CoshInPlace.CallInPlace(this);

        public Tensor erf() => Aten.Erf.Call(this);

        public Tensor erf_() => Aten.ErfInPlace.CallInPlace(this);

        public Tensor erfc() => Aten.Erfc.Call(this);

        public Tensor erfc_() => Aten.ErfcInPlace.CallInPlace(this);

        public Tensor erfinv() => Aten.Erfinv.Call(this);

        public Tensor erfinv_() => Aten.ErfinvInPlace.CallInPlace(this);

        public Tensor exp() => Aten.Exp.Call(this);

        public Tensor exp_() => Aten.ExpInPlace.CallInPlace(this);

        public Tensor exp2() => Aten.Exp2.Call(this);

        public Tensor exp2_() => Aten.Exp2InPlace.CallInPlace(this);

        public Tensor expm1() => Aten.Expm1.Call(this);

        public Tensor expm1_() => Aten.Expm1InPlace.CallInPlace(this);

        public Tensor floor() => Aten.Floor.Call(this);

        public Tensor floor_() => Aten.FloorInPlace.CallInPlace(this);

        public Tensor frac() => Aten.Frac.Call(this);

        public Tensor frac_() => Aten.FracInPlace.CallInPlace(this);

        public Tensor isfinite() => Aten.Isfinite.Call(this);

        public Tensor isinf() => Aten.Isinf.Call(this);

        public Tensor isnan() => Aten.Isnan.Call(this);

        public Tensor log() => Aten.Log.Call(this);

        public Tensor log_() => Aten.LogInPlace.CallInPlace(this);

        public Tensor log10() => Aten.Log10.Call(this);

        public Tensor log10_() => Aten.Log10InPlace.CallInPlace(this);

        public Tensor log1p() => Aten.Log1p.Call(this);

        public Tensor log1p_() => Aten.Log1pInPlace.CallInPlace(this);

        public Tensor log2() => Aten.Log2.Call(this);

        public Tensor log2_() => Aten.Log2InPlace.CallInPlace(this);

        public Tensor logical_not() => Aten.LogicalNot.Call(this);

        public Tensor logical_not_() => Aten.LogicalNotInPlace.CallInPlace(this);

        public Tensor neg() => Aten.Neg.Call(this);

        public Tensor neg_() => Aten.NegInPlace.CallInPlace(this);

        public Tensor reciprocal() => Aten.Reciprocal.Call(this);

        public Tensor reciprocal_() => Aten.ReciprocalInPlace.CallInPlace(this);

        public Tensor relu() => Aten.Relu.Call(this);

        public Tensor relu_() => Aten.ReluInPlace.CallInPlace(this);

        public Tensor rsqrt() => Aten.Rsqrt.Call(this);

        public Tensor rsqrt_() => Aten.RsqrtInPlace.CallInPlace(this);

        public Tensor sgn() => Aten.Sgn.Call(this);

        public Tensor sgn_() => Aten.SgnInPlace.CallInPlace(this);

        public Tensor sigmoid() => Aten.Sigmoid.Call(this);

        public Tensor sigmoid_() => Aten.SigmoidInPlace.CallInPlace(this);

        public Tensor sign() => Aten.Sign.Call(this);

        public Tensor sign_() => Aten.SignInPlace.CallInPlace(this);

        public Tensor silu() => Aten.Silu.Call(this);

        public Tensor silu_() => Aten.SiluInPlace.CallInPlace(this);

        public Tensor sin() => Aten.Sin.Call(this);

        public Tensor sin_() => Aten.SinInPlace.CallInPlace(this);

        public Tensor sinc() => Aten.Sinc.Call(this);

        public Tensor sinc_() => Aten.SincInPlace.CallInPlace(this);

        public Tensor sinh() => Aten.Sinh.Call(this);

        public Tensor sinh_() => Aten.SinhInPlace.CallInPlace(this);

        public Tensor sqrt() => Aten.Sqrt.Call(this);

        public Tensor sqrt_() => Aten.SqrtInPlace.CallInPlace(this);

        public Tensor square() => Aten.Square.Call(this);

        public Tensor tan() => Aten.Tan.Call(this);

        public Tensor tan_() => Aten.TanInPlace.CallInPlace(this);

        public Tensor tanh() => Aten.Tanh.Call(this);

        public Tensor tanh_() => Aten.TanhInPlace.CallInPlace(this);

        public Tensor trunc() => Aten.Trunc.Call(this);

        public Tensor trunc_() => Aten.TruncInPlace.CallInPlace(this);

        public Tensor negative() => neg();

        public Tensor absolute() => abs();

        /// <summary>Rounds half to even, to that many decimals.</summary>
        public Tensor round(long decimals = 0) => Aten.RoundDecimals.Call(this, decimals);

        public Tensor round_(long decimals = 0) => Aten.RoundDecimalsInPlace.CallInPlace(this, decimals);

        public Tensor gelu() => gelu(Modules.GELU.Approximate.none);

        public Tensor gelu(Modules.GELU.Approximate approximate) => Aten.Gelu.Call(this, approximate.ToString());

        public Tensor leaky_relu(Scalar negative_slope) => Aten.LeakyRelu.Call(this, negative_slope);

        public Tensor softplus(double beta = 1, double threshold = 20) => Aten.Softplus.Call(this, beta, threshold);

        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Aten.NanToNum.Call(this, nan, posinf, neginf);

        /// <summary>Limits each element; a missing bound does not limit.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Clamp.Call(this, min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.ClampTensor.Call(this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.ClampInPlace.CallInPlace(this, min, max);

        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        public Tensor clamp_min(Scalar min) => Aten.ClampMin.Call(this, min);

        public Tensor clamp_min_(Scalar min) => Aten.ClampMinInPlace.CallInPlace(this, min);

        public Tensor clamp_max(Scalar max) => Aten.ClampMax.Call(this, max);

        public Tensor clamp_max_(Scalar max) => Aten.ClampMaxInPlace.CallInPlace(this, max);
    }

    public static Tensor abs(Tensor input) => input.abs();

    public static Tensor acos(Tensor input) => input.acos();

    public static Tensor acosh(Tensor input) => input.acosh();

    public static Tensor asin(Tensor input) => input.asin();

    public static Tensor asinh(Tensor input) => input.asinh();

    public static Tensor atan(Tensor input) => input.atan();

    public static Tensor atanh(Tensor input) => input.atanh();

    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();

    public static Tensor ceil(Tensor input) => input.ceil();

    public static Tensor cos(Tensor input) => input.cos();

    public static Tensor cosh(Tensor input) => input.cosh();

    public static Tensor erf(Tensor input) => input.erf();

    public static Tensor erfc(Tensor input) => input.erfc();

    public static Tensor erfinv(Tensor input) => input.erfinv();

    public static Tensor exp(Tensor input) => input.exp();

    public static Tensor exp2(Tensor input) => input.exp2();

    public static Tensor expm1(Tensor input) => input.expm1();

    public static Tensor floor(Tensor input) => input.floor();

    public static Tensor frac(Tensor input) => input.frac();

    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();

    public static Tensor isinf(Tensor tensor) => tensor.isinf();

    public static Tensor isnan(Tensor input) => input.isnan();

    public static Tensor log(Tensor input) => input.log();

    public static Tensor log10(Tensor input) => input.log10();

    public static Tensor log1p(Tensor input) => input.log1p();

    public static Tensor log2(Tensor input) => input.log2();

    public static Tensor logical_not(Tensor input) => input.logical_not();

    public static Tensor neg(Tensor input) => input.neg();

    public static Tensor reciprocal(Tensor input) => input.reciprocal();

    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    public static Tensor sgn(Tensor input) => input.sgn();

    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    public static Tensor sign(Tensor input) => input.sign();

    public static Tensor sin(Tensor input) => input.sin();

    public static Tensor sinc(Tensor input) => input.sinc();

    public static Tensor sinh(Tensor input) => input.sinh();

    public static Tensor sqrt(Tensor input) => input.sqrt();

    public static Tensor square(Tensor input) => input.square();

    public static Tensor tan(Tensor input) => input.tan();

    public static Tensor tanh(Tensor input) => input.tanh();

    public static Tensor trunc(Tensor input) => input.trunc();

    public static Tensor negative(Tensor input) => input.neg();

    public static Tensor round(Tensor input, long decimals = 0) => input.round(decimals);

    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);

    public static Tensor clamp(Tensor input, Tensor? min = null, Tensor? max = null) => input.clamp(min, max);

    public static Tensor clip(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);

    public static Tensor clamp_min(Tensor input, Scalar min) => input.clamp_min(min);

    public static Tensor clamp_max(Tensor input, Scalar max) => input.clamp_max(max);
}
