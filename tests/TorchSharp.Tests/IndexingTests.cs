using static TorchSharp.torch;
using static TorchSharp.torch.TensorIndex;

namespace TorchSharp.Tests;

/// <summary>Index expressions mean what they mean in Python.</summary>
public sealed class IndexingTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void Index_ByNumbers_Selects()
    {
        Tensor cube = Cube();
        Assert.That(cube[1].shape, Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(cube[1, 2].data<long>().ToArray(), Is.EqualTo(new long[] { 20, 21, 22, 23 }));
        Assert.That(cube[1, -1, 0].item<long>(), Is.EqualTo(20));
    }

    [Test]
    public void Index_ByRanges_Slices()
    {
        Tensor cube = Cube();
        Assert.That(cube[.., 1.., ..2].shape, Is.EqualTo(new long[] { 2, 2, 2 }));
        Assert.That(cube[0, .., ^1].data<long>().ToArray(), Is.EqualTo(new long[] { 3, 7, 11 }));
        Assert.That(cube[0, 0, ..^1].data<long>().ToArray(), Is.EqualTo(new long[] { 0, 1, 2 }));
        Assert.That(cube[0, 0, Slice(null, null, 2)].data<long>().ToArray(), Is.EqualTo(new long[] { 0, 2 }));
        Assert.That(cube[0, 0, Slice(1, 3)].data<long>().ToArray(), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public void Index_WithEllipsisAndNewDimensions_Expands()
    {
        Tensor cube = Cube();
        Assert.That(cube[Ellipsis, 1].data<long>().ToArray(), Is.EqualTo(new long[] { 1, 5, 9, 13, 17, 21 }));
        Assert.That(cube[Ellipsis, TensorIndex.None].shape, Is.EqualTo(new long[] { 2, 3, 4, 1 }));
        Assert.That(cube[TensorIndex.Null, Colon, 0].shape, Is.EqualTo(new long[] { 1, 2, 4 }));
        Assert.That(cube[.., TensorIndex.None, 1..].shape, Is.EqualTo(new long[] { 2, 1, 2, 4 }));
    }

    [Test]
    public void Index_ByTensors_Gathers()
    {
        Tensor cube = Cube();
        Tensor rows = tensor(new long[] { 2, 0 });
        Assert.That(cube[.., TensorIndex.Tensor(rows)].shape, Is.EqualTo(new long[] { 2, 2, 4 }));
        Assert.That(cube[TensorIndex.Single(1), TensorIndex.Tensor(rows), TensorIndex.Single(3)].data<long>().ToArray(), Is.EqualTo(new long[] { 23, 15 }));
    }

    [Test]
    public void Index_ByAMaskOfTwoDimensions_GoesOnBehindBoth()
    {
        Tensor cube = Cube();
        Tensor mask = zeros(2, 3, dtype: @bool);
        mask[0, 1] = tensor(true);
        mask[1, 2] = tensor(true);
        Tensor picked = cube[TensorIndex.Tensor(mask), TensorIndex.Slice(2)];
        Assert.That(picked.shape, Is.EqualTo(new long[] { 2, 2 }));
        Assert.That(picked.data<long>().ToArray(), Is.EqualTo(new long[] { 6, 7, 22, 23 }));
    }

    [Test]
    public void Index_Assigned_ChangesTheTensor()
    {
        Tensor cube = Cube();
        cube[0, .., 1] = tensor(new long[] { 100, 101, 102 });
        Assert.That(cube[0, .., 1].data<long>().ToArray(), Is.EqualTo(new long[] { 100, 101, 102 }));
        cube[1] = zeros(3, 4, dtype: int64);
        Assert.That(cube[1].sum().item<long>(), Is.Zero);
        cube.index_put_((Scalar)5, TensorIndex.Single(0), TensorIndex.Single(0));
        Assert.That(cube[0, 0].data<long>().ToArray(), Is.All.EqualTo(5));
    }

    [Test]
    public void Index_OfAWholeTensor_IsAnotherWrapper()
    {
        Tensor cube = Cube();
        Tensor same = cube[Ellipsis];
        Assert.That(same, Is.Not.SameAs(cube));
        Assert.That(same.shape, Is.EqualTo(cube.shape));
    }

    [Test]
    public void Index_Beyond_Throws()
    {
        Tensor cube = Cube();
        Assert.That(() => cube[2], Throws.TypeOf<System.Runtime.InteropServices.ExternalException>().With.Message.Contains("out of range"));
        Assert.That(() => cube[0, 0, 0, 0], Throws.TypeOf<System.Runtime.InteropServices.ExternalException>().With.Message.Contains("too many indices"));
    }

    [Test]
    public void Index_OfAView_LeavesNoTemporaries()
    {
        Tensor cube = Cube();
        int before = _scope.DisposablesCount;
        _ = cube[0, 1.., TensorIndex.None, ..2];
        Assert.That(_scope.DisposablesCount, Is.EqualTo(before + 1));
    }

    private static Tensor Cube() => arange(24, dtype: int64).view(2, 3, 4);
}
