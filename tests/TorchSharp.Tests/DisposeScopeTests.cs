using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Who disposes of a tensor, and how it is counted.</summary>
public sealed class DisposeScopeTests
{
    [SetUp]
    public void Reset() => DisposeScopeManager.Statistics.Reset();

    [Test]
    public void Dispose_OfAScope_DisposesOfWhatWasCreatedInIt()
    {
        Tensor inside;
        using (NewDisposeScope())
        {
            inside = zeros(2);
            Assert.That(inside.IsInvalid, Is.False);
        }

        Assert.That(inside.IsInvalid, Is.True);
        Assert.That(() => inside.shape, Throws.InvalidOperationException);
    }

    [Test]
    public void Dispose_OfAnInnerScope_LeavesTheOuterOnesTensors()
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor early = zeros(1);
        using (NewDisposeScope())
        {
            _ = zeros(1);
        }

        Tensor late = zeros(1);
        Assert.Multiple(() =>
        {
            Assert.That(early.IsInvalid, Is.False);
            Assert.That(late.IsInvalid, Is.False);
            Assert.That(outer.DisposablesCount, Is.EqualTo(2));
            Assert.That(outer.Contains(early) && outer.Contains(late), Is.True);
            Assert.That(CurrentDisposeScope, Is.SameAs(outer));
        });
    }

    [Test]
    public void Dispose_OfAnOuterScopeFirst_TakesItOutOfTheChain()
    {
        DisposeScope outer = NewDisposeScope();
        DisposeScope inner = NewDisposeScope();
        outer.Dispose();
        Tensor ofInner = zeros(1);
        Assert.That(CurrentDisposeScope, Is.SameAs(inner));
        inner.Dispose();
        Assert.That(ofInner.IsInvalid, Is.True);
        Assert.That(CurrentDisposeScope, Is.Null);
    }

    [Test]
    public void MoveToOuterDisposeScope_FromTwoScopes_BelongsToTheOuterThenToNobody()
    {
        Tensor moved;
        using (DisposeScope outer = NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                moved = zeros(1);
                Assert.That(moved.MoveToOuterDisposeScope(), Is.SameAs(moved));
            }

            Assert.That(moved.IsInvalid, Is.False);
            Assert.That(outer.Contains(moved), Is.True);
            moved.MoveToOuterDisposeScope();
        }

        Assert.That(moved.IsInvalid, Is.False);
        moved.Dispose();
        Assert.That(moved.IsInvalid, Is.True);
    }

    [Test]
    public void DetachFromDisposeScope_OfATensor_LeavesItToItsHolder()
    {
        Tensor kept;
        using (NewDisposeScope())
        {
            kept = zeros(1).DetachFromDisposeScope();
        }

        Assert.That(kept.IsInvalid, Is.False);
        kept.Dispose();
        Assert.That(DisposeScopeManager.Statistics.DetachedFromScopeCount, Is.EqualTo(1));
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Attach_OfADetachedTensor_GivesItToTheScope()
    {
        Tensor tensor = zeros(1);
        using (DisposeScope scope = NewDisposeScope())
        {
            scope.Attach(tensor);
            Assert.That(scope.Contains(tensor), Is.True);
        }

        Assert.That(tensor.IsInvalid, Is.True);
    }

    [Test]
    public void MoveToOtherDisposeScope_OfAnotherTensor_SharesItsScope()
    {
        using DisposeScope outer = NewDisposeScope();
        Tensor anchor = zeros(1);
        Tensor moved;
        using (NewDisposeScope())
        {
            moved = zeros(1).MoveToOtherDisposeScope(anchor);
        }

        Assert.That(outer.Contains(moved), Is.True);
    }

    [Test]
    public void DisposeEverythingBut_OneTensor_KeepsItInTheScope()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor kept = zeros(1);
        Tensor dropped = zeros(1);
        scope.DisposeEverythingBut(kept);
        Assert.That((kept.IsInvalid, dropped.IsInvalid, scope.DisposablesCount), Is.EqualTo((false, true, 1)));
    }

    [Test]
    public void WrappedTensorDisposeScope_OfAnExpression_KeepsItsResultAlone()
    {
        Tensor temporary = null!;
        using DisposeScope scope = NewDisposeScope();
        Tensor result = WrappedTensorDisposeScope(() =>
        {
            temporary = ones(2);
            return temporary + 1;
        });
        Assert.That((temporary.IsInvalid, result.IsInvalid, scope.Contains(result)), Is.EqualTo((true, false, true)));
    }

    [Test]
    public void Statistics_OfAMixedUse_CountEachEvent()
    {
        Tensor outside = zeros(1);
        using (NewDisposeScope())
        {
            Tensor first = zeros(1);
            _ = zeros(1);
            first.Dispose();
        }

        ThreadDisposeScopeStatistics counts = DisposeScopeManager.Statistics;
        Assert.Multiple(() =>
        {
            Assert.That(counts.CreatedOutsideScopeCount, Is.EqualTo(1));
            Assert.That(counts.CreatedInScopeCount, Is.EqualTo(2));
            Assert.That(counts.DisposedInScopeCount, Is.EqualTo(2));
            Assert.That(counts.DisposedOutsideScopeCount, Is.Zero);
            Assert.That(counts.ThreadTotalLiveCount, Is.EqualTo(1));
        });
        outside.Dispose();
        Assert.That(counts.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Statistics_OfAnotherThread_AreItsOwn()
    {
        long ofThread = -1;
        var thread = new Thread(() =>
        {
            using Tensor tensor = zeros(1);
            ofThread = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        });
        thread.Start();
        thread.Join();
        Assert.That(ofThread, Is.EqualTo(1));
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Dispose_Twice_CountsOnce()
    {
        Tensor tensor = zeros(1);
        tensor.Dispose();
        tensor.Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void Use_OfADisposedScope_Throws()
    {
        DisposeScope scope = NewDisposeScope();
        scope.Dispose();
        Assert.That(() => scope.DisposablesCount, Throws.TypeOf<ObjectDisposedException>());
    }
}
