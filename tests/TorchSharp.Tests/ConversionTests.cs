using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Element types, devices, and what leaves a tensor.</summary>
public sealed class ConversionTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void To_BFloat16AndBack_RoundsHalfToEven()
    {
        float[] numbers = [1f, 1f + (1f / 256), 1f + (3f / 256), 1.70e38f, float.PositiveInfinity];
        float[] back = tensor(numbers).to(bfloat16).to(float32).data<float>().ToArray();
        Assert.That(back, Is.EqualTo(new[] { 1f, 1f, 1f + (2f / 128), 1.7014118e38f, float.PositiveInfinity }));
    }

    [Test]
    public void To_Float16_OverflowsToInfinity()
    {
        Half[] halves = tensor(new[] { 65504f, 70000f, 0.1f }).to(float16).data<Half>().ToArray();
        Assert.That(halves, Is.EqualTo(new[] { (Half)65504f, Half.PositiveInfinity, (Half)0.1f }));
    }

    [TestCase(ScalarType.Byte, 1)]
    [TestCase(ScalarType.Int16, 2)]
    [TestCase(ScalarType.Int32, 4)]
    [TestCase(ScalarType.Int64, 8)]
    [TestCase(ScalarType.Float16, 2)]
    [TestCase(ScalarType.BFloat16, 2)]
    [TestCase(ScalarType.Float32, 4)]
    [TestCase(ScalarType.Float64, 8)]
    [TestCase(ScalarType.Bool, 1)]
    public void Empty_OfAnElementType_HasItAndItsSize(ScalarType type, int size)
    {
        Tensor made = empty([2, 3], dtype: type);
        Assert.That((made.dtype, made.ElementSize, type.ElementSize()), Is.EqualTo((type, (long)size, size)));
        Assert.That(made.bytes.Length, Is.EqualTo(6 * size));
    }

    [Test]
    public void To_TheSameType_SharesTheStorageInAWrapperOfItsOwn()
    {
        Tensor numbers = zeros(2);
        Tensor same = numbers.to(float32);
        Assert.That(same, Is.Not.SameAs(numbers));
        same.add_(1);
        Assert.That(numbers.data<float>().ToArray(), Is.All.EqualTo(1f));
        Tensor copy = numbers.to(float32, copy: true);
        copy.add_(1);
        Assert.That(numbers.data<float>().ToArray(), Is.All.EqualTo(1f));
    }

    [Test]
    public void To_WithDisposeAfter_DisposesOfTheSource()
    {
        Tensor numbers = zeros(2);
        Tensor converted = numbers.to(float64, disposeAfter: true);
        Assert.That((numbers.IsInvalid, converted.dtype), Is.EqualTo((true, float64)));
    }

    [Test]
    public void Data_OfATransposedTensor_ComesInItsOwnOrder()
    {
        Tensor transposed = arange(6, dtype: float32).view(2, 3).transpose(0, 1);
        Assert.That(transposed.is_contiguous(), Is.False);
        Assert.That(transposed.data<float>().ToArray(), Is.EqualTo(new[] { 0f, 3, 1, 4, 2, 5 }));
        Assert.That(transposed.data<float>()[2, 1], Is.EqualTo(5));
        Assert.That(() => transposed.bytes.Length, Throws.Exception);
    }

    [Test]
    public void Data_OfAnotherType_IsRefused()
    {
        Tensor numbers = zeros(2);
        Assert.That(() => numbers.data<int>(), Throws.ArgumentException);
        Assert.That(() => numbers[0].item<double>(), Throws.ArgumentException);
    }

    [Test]
    public void Item_OfMoreThanOneElement_IsRefused()
    {
        Tensor numbers = zeros(2);
        Assert.That(() => numbers.item<float>(), Throws.ArgumentException);
    }

    [Test]
    public void CopyFrom_OfAnArray_FillsTheTensor()
    {
        Tensor numbers = zeros(2, 2);
        numbers.data<float>().CopyFrom([1f, 2f, 3f, 4f]);
        Assert.That(numbers.sum().item<float>(), Is.EqualTo(10f));
        float[] two = new float[2];
        numbers.data<float>().CopyTo(two, tensorIndex: 1);
        Assert.That(two, Is.EqualTo(new[] { 2f, 3f }));
    }

    [Test]
    public void ReadBytesFromStream_OfWhatWasWritten_GivesTheSameTensor()
    {
        Tensor numbers = randn(33, 7);
        using var stream = new MemoryStream();
        numbers.WriteBytesToStream(stream, 64);
        stream.Position = 0;
        Tensor read = empty(33, 7);
        read.ReadBytesFromStream(stream, 100);
        Assert.That(read.data<float>().ToArray(), Is.EqualTo(numbers.data<float>().ToArray()));
        Assert.That(() => read.ReadBytesFromStream(stream, 100), Throws.TypeOf<EndOfStreamException>());
    }

    [Test]
    public void Scalars_OfEachKind_KeepTheirKind()
    {
        Assert.That(((Scalar)1).Type, Is.EqualTo(int64));
        Assert.That(((Scalar)1f).Type, Is.EqualTo(float64));
        Assert.That(((Scalar)true).Type, Is.EqualTo(@bool));
        Assert.That(tensor(2.5).ToScalar().ToDouble(), Is.EqualTo(2.5));
        Assert.That(tensor(true).ToScalar().ToBoolean(), Is.True);
        Assert.That((arange(3, dtype: int64) * 2.5).dtype, Is.EqualTo(float32), "a number takes the default type where the tensor has whole ones");
        Assert.That((arange(3, dtype: int64) * 2).dtype, Is.EqualTo(int64));
        Assert.That((zeros(1, dtype: bfloat16) + 1.5).dtype, Is.EqualTo(bfloat16));
    }

    [Test]
    public void Meta_OfATensor_HasAShapeAndNoElements()
    {
        Tensor shape = zeros(1000, 1000, 1000, 1000, device: META);
        Tensor product = shape.matmul(zeros(1000, 7, device: META));
        Assert.That((product.is_meta, product.device_type), Is.EqualTo((true, DeviceType.META)));
        Assert.That(product.shape, Is.EqualTo(new long[] { 1000, 1000, 1000, 7 }));
        Assert.That(() => product.data<float>(), Throws.InvalidOperationException);
    }

    [Test]
    public void Bytes_OfMoreThanASpanHolds_AreRefused()
    {
        // Never touched, so never backed by memory.
        Tensor large = empty([(1L << 31) + 1], dtype: uint8);
        Assert.That(large.NumberOfElements, Is.EqualTo((1L << 31) + 1));
        Assert.That(() => large.bytes.Length, Throws.Exception);
        Assert.That(large.slice(0, 1L << 31, (1L << 31) + 1, 1).bytes.Length, Is.EqualTo(1));
    }

    [Test]
    public void Tensor_OfArrays_HasTheirShapeAndType()
    {
        Assert.That(tensor(new[,] { { 1, 2, 3 }, { 4, 5, 6 } }).shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(tensor(new[] { 1f, 2f, 3f, 4f }, new long[] { 2, 2 }).shape, Is.EqualTo(new long[] { 2, 2 }));
        Assert.That(tensor(new[] { true, false }).dtype, Is.EqualTo(@bool));
        Assert.That(tensor(5L).shape, Is.Empty);
        Assert.That(tensor(new[] { 1, 2 }, dtype: float32).dtype, Is.EqualTo(float32));
        Assert.That(() => tensor(new[] { 1f }, new long[] { 2 }), Throws.ArgumentException);
    }

    [Test]
    public void ToString_OfATensor_TellsShapeTypeAndDevice() =>
        Assert.That(zeros(2, 3).ToString(), Is.EqualTo("[2x3], type = Float32, device = cpu"));

    [Test]
    public void FInfo_OfTheTypes_EqualsTheStandard()
    {
        Assert.That(finfo(float32).eps, Is.EqualTo(1.1920928955078125e-07));
        Assert.That(finfo(float32).max, Is.EqualTo(float.MaxValue));
        Assert.That(finfo(bfloat16).max, Is.EqualTo(3.3895313892515355e+38));
        Assert.That(finfo(float16).max, Is.EqualTo(65504.0));
        Assert.That(finfo(float64).tiny, Is.EqualTo(2.2250738585072014e-308));
    }
}
