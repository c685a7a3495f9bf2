using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>What holds native memory, and what gives it back.</summary>
[NonParallelizable]
public sealed class NativeMemoryTests
{
    [Test]
    public void Finalizer_OfAForgottenTensor_ReleasesIt()
    {
        Collect();
        long before = Tensor.TotalCount;
        Forget();
        Collect();
        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(before));
    }

    [Test]
    public void FromArray_OfAnArray_SharesItUntilTheTensorIsDisposedOf()
    {
        float[] numbers = [1, 2, 3];
        WeakReference array;
        using (Tensor shared = from_array(numbers))
        {
            array = new WeakReference(numbers);
            numbers[1] = 7;
            Assert.That(shared[1].item<float>(), Is.EqualTo(7));
            using Tensor copy = tensor(numbers);
            numbers[2] = 9;
            Assert.That((shared[2].item<float>(), copy[2].item<float>()), Is.EqualTo((9f, 3f)));
        }

        Assert.That(array.IsAlive, Is.True);
        GC.KeepAlive(numbers);
    }

    [Test]
    public void FromArray_OfAnArrayThatIsForgotten_ReleasesItWithTheTensor()
    {
        WeakReference array = ShareAndDispose();
        Collect();
        Assert.That(array.IsAlive, Is.False);
    }

    [Test]
    public void View_OfADisposedTensor_KeepsTheStorage()
    {
        Tensor whole = arange(6, dtype: int64);
        using Tensor view = whole.view(2, 3);
        whole.Dispose();
        Assert.That(view.data<long>().ToArray(), Is.EqualTo(new long[] { 0, 1, 2, 3, 4, 5 }));
    }

    [Test]
    public void Loop_OfManyOperations_LeavesNoTensors()
    {
        long before = Tensor.TotalCount;
        using (Tensor weight = ones(64, 64))
        {
            for (int i = 0; i < 500; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                _ = (weight.matmul(weight) + 1)[.., 3..].softmax(-1).chunk(2, 1);
            }
        }

        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget() => zeros(1000);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ShareAndDispose()
    {
        var array = new float[100_000];
        using Tensor shared = from_array(array);
        return new WeakReference(array);
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
