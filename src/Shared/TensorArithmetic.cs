using Microsoft.CodeAnalysis;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>Arithmetic between tensors and numbers: the one place where TorchSharp's scalars are made.</summary>
/// <remarks>
/// <para>
/// TorchSharp hands a Scalar's address to libtorch and forgets the object, whose finalizer may then free it while libtorch
/// reads it. So do its operators and overloads that make one inside. Here each is held until the call is over, and the
/// compiler lets none be made elsewhere; docs/torchsharp.md has the whole story.
/// </para>
/// <para>
/// Each member gives the bits that TorchSharp's own operator gives. What ends in InPlace changes its tensor and returns it;
/// the others make one that belongs to the dispose scope.
/// </para>
/// </remarks>
[Embedded]
internal static class TensorArithmetic
{
    // Integers, so that they fit tensors of integers too; held for the life of the process.
    private static readonly Scalar One = 1.ToScalar();
    private static readonly Scalar Two = 2.ToScalar();

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, double b)
    {
        using Scalar addend = b.ToScalar();
        return a.add(addend, One);
    }

    /// <summary>a * b.</summary>
    public static Tensor Times(this Tensor a, double b)
    {
        using Scalar factor = b.ToScalar();
        return a.mul(factor);
    }

    /// <summary>a / b.</summary>
    public static Tensor Over(this Tensor a, double b)
    {
        using Scalar divisor = b.ToScalar();
        return a.div(divisor);
    }

    /// <summary>a * a.</summary>
    public static Tensor Squared(this Tensor a) => a.pow(Two);

    /// <summary>a + b * c.</summary>
    public static Tensor PlusProduct(this Tensor a, Tensor b, Tensor c) => a.addcmul(b, c, One);

    /// <summary>The greater of each element and a bound.</summary>
    public static Tensor AtLeast(this Tensor a, double least)
    {
        using Scalar bound = least.ToScalar();
        return a.clamp_min(bound);
    }

    /// <summary>The lesser of each element and a bound.</summary>
    public static Tensor AtMost(this Tensor a, double most)
    {
        using Scalar bound = most.ToScalar();
        return a.clamp_max(bound);
    }

    /// <summary>a + b.</summary>
    public static Tensor AddInPlace(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary>a + b * weight.</summary>
    public static Tensor AddInPlace(this Tensor a, Tensor b, double weight)
    {
        using Scalar alpha = weight.ToScalar();
        return a.add_(b, alpha);
    }

    /// <summary>a + b.</summary>
    public static Tensor AddInPlace(this Tensor a, double b)
    {
        using Scalar addend = b.ToScalar();
        return a.add_(addend, One);
    }

    /// <summary>a * b.</summary>
    public static Tensor MultiplyInPlace(this Tensor a, double b)
    {
        using Scalar factor = b.ToScalar();
        return a.mul_(factor);
    }

    /// <summary>a / b.</summary>
    public static Tensor DivideInPlace(this Tensor a, double b)
    {
        using Scalar divisor = b.ToScalar();
        return a.div_(divisor);
    }

    /// <summary>a + b * c.</summary>
    public static Tensor AddProductInPlace(this Tensor a, Tensor b, Tensor c) => a.addcmul_(b, c, One);

    /// <summary>Sets the elements that a mask marks.</summary>
    /// <param name="a">The tensor that is changed.</param>
    /// <param name="mask">Booleans that broadcast to its shape.</param>
    /// <param name="value">What is set.</param>
    public static Tensor FillInPlace(this Tensor a, Tensor mask, double value)
    {
        using Scalar filler = value.ToScalar();
        return a.masked_fill_(mask, filler);
    }

    /// <summary>start, start + step and so on to before end, [ceil((end - start) / step)].</summary>
    public static Tensor Range(double start, double end, double step, ScalarType dtype, Device device)
    {
        using Scalar first = start.ToScalar();
        using Scalar limit = end.ToScalar();
        using Scalar stride = step.ToScalar();
        return arange(first, limit, stride, dtype: dtype, device: device);
    }
}
