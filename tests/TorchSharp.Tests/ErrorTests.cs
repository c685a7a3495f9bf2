using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>libtorch's refusals reach the caller as TorchSharp's exception, in libtorch's words.</summary>
public sealed class ErrorTests
{
    [Test]
    public void Matmul_OfMisfittingShapes_SaysWhatLibtorchSays()
    {
        using Tensor matrix = zeros(2, 3);
        Assert.That(() => matrix.matmul(matrix), Throws.TypeOf<ExternalException>().With.Message.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"));
    }

    [Test]
    public void View_OfAnImpossibleShape_Throws()
    {
        using Tensor six = zeros(6);
        Assert.That(() => six.view(4, 2), Throws.TypeOf<ExternalException>().With.Message.Contains("shape '[4, 2]' is invalid for input of size 6"));
    }

    [Test]
    public void Size_OfADimensionThatIsNot_Throws()
    {
        using Tensor matrix = zeros(2, 3);
        Assert.That(matrix.size(-1), Is.EqualTo(3));
        Assert.That(() => matrix.size(2), Throws.TypeOf<ExternalException>().With.Message.Contains("Dimension out of range"));
    }

    [Test]
    public void Error_OfAnOperation_DoesNotOutliveIt()
    {
        using Tensor matrix = zeros(2, 3);
        Assert.That(() => matrix.matmul(matrix), Throws.TypeOf<ExternalException>());
        Assert.That(() => matrix.add(matrix).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Error_OnAnotherThread_IsThatThreads()
    {
        using Tensor matrix = zeros(2, 3);
        var messages = new string[8];
        Parallel.For(0, messages.Length, i =>
        {
            using Tensor square = zeros(i + 4, i + 5);
            messages[i] = Assert.Throws<ExternalException>(() => square.matmul(square))!.Message;
        });
        for (int i = 0; i < messages.Length; i++)
        {
            Assert.That(messages[i], Does.Contain($"({i + 4}x{i + 5} and {i + 4}x{i + 5})"));
        }
    }

    [Test]
    public void Cuda_WithoutAGpu_IsRefused()
    {
        if (cuda.is_available())
        {
            Assert.Ignore("This machine has a GPU.");
        }

        using Tensor tensor = zeros(1);
        Assert.Multiple(() =>
        {
            Assert.That(() => tensor.to(new Device("cuda:0")), Throws.InvalidOperationException);
            Assert.That(() => device("cuda"), Throws.InvalidOperationException);
            Assert.That(cuda.device_count(), Is.Zero);
        });
    }

    [Test]
    public void Device_OfADescription_IsRead()
    {
        var device = new Device("CUDA:3");
        Assert.That((device.type, device.index, device.ToString()), Is.EqualTo((DeviceType.CUDA, 3, "cuda:3")));
        Assert.That(new Device("cpu").ToString(), Is.EqualTo("cpu"));
        Assert.That(() => new Device("abacus"), Throws.ArgumentException);
    }

    [Test]
    public void Zeros_OfMoreThanThereIs_ThrowsAndLeavesTheProcessAlive()
    {
        Assert.That(() => zeros([1L << 50], dtype: float64), Throws.TypeOf<ExternalException>());
    }
}
