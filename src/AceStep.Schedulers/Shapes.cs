using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>Torch broadcasts what does not fit together; the arithmetic here is between equal shapes only.</summary>
internal static class Shapes
{
    public static void RequireEqual(
        Tensor expected,
        Tensor actual,
        [CallerArgumentExpression(nameof(expected))] string expectedName = "",
        [CallerArgumentExpression(nameof(actual))] string actualName = "")
    {
        ArgumentNullException.ThrowIfNull(expected, expectedName);
        ArgumentNullException.ThrowIfNull(actual, actualName);
        if (!expected.shape.AsSpan().SequenceEqual(actual.shape))
        {
            throw new ArgumentException(
                $"{actualName} is [{string.Join(", ", actual.shape)}]; it must have the shape of {expectedName}, [{string.Join(", ", expected.shape)}].",
                actualName);
        }
    }
}
