using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Gradient and inference mode, threads, version.</summary>
public sealed class ModeTests
{
    [Test]
    public void InferenceMode_UntilDisposedOf_HoldsOnItsThreadAlone()
    {
        bool elsewhere = true;
        using (inference_mode())
        {
            Assert.That(is_inference_mode_enabled(), Is.True);
            var thread = new Thread(() => elsewhere = is_inference_mode_enabled());
            thread.Start();
            thread.Join();
        }

        Assert.That((is_inference_mode_enabled(), elsewhere), Is.EqualTo((false, false)));
    }

    [Test]
    public void InferenceTensor_ChangedInPlaceOutside_IsRefused()
    {
        Tensor made;
        using (inference_mode())
        {
            made = ones(2);
        }

        using (made)
        {
            Assert.That(() => made.add_(1), Throws.TypeOf<System.Runtime.InteropServices.ExternalException>().With.Message.Contains("InferenceMode"));
        }
    }

    [Test]
    public void NoGrad_Nested_RestoresWhatWas()
    {
        Assert.That(is_grad_enabled(), Is.True);
        using (no_grad())
        {
            Assert.That(is_grad_enabled(), Is.False);
            using (enable_grad())
            {
                Assert.That(is_grad_enabled(), Is.True);
            }

            Assert.That(is_grad_enabled(), Is.False);
        }

        Assert.That(is_grad_enabled(), Is.True);
    }

    [Test]
    public void Result_OfAParameterWithoutGradients_NeedsNone()
    {
        using var parameter = new Modules.Parameter(ones(2));
        using Tensor with = parameter * 2;
        using IDisposable mode = no_grad();
        using Tensor without = parameter * 2;
        Assert.That((with.requires_grad, without.requires_grad, parameter.is_leaf, with.is_leaf), Is.EqualTo((true, false, true, false)));
    }

    [Test]
    public void RequiresGrad_OfWholeNumbers_IsRefused()
    {
        using Tensor whole = arange(3, dtype: int64);
        Assert.That(() => whole.requires_grad_(), Throws.TypeOf<System.Runtime.InteropServices.ExternalException>());
    }

    [Test]
    [NonParallelizable]
    public void Threads_AtTheStart_AreTheMachinesCores()
    {
        StandIn.Require();
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
        {
            Assert.Ignore("OMP_NUM_THREADS decides here.");
        }

        int before = get_num_threads();
        Assert.That(before, Is.EqualTo(Environment.ProcessorCount));
        set_num_threads(1);
        Assert.That(get_num_threads(), Is.EqualTo(1));
        set_num_threads(before);
        Assert.That(get_num_interop_threads(), Is.Positive);
    }

    [Test]
    public void Version_OfLibtorch_IsANumber() => Assert.That(__version__, Does.Match(@"^\d+\.\d+"));
}
