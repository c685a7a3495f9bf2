using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class SafetensorsFileTests
{
    private static readonly ScalarType[] AllTypes =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
        ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private static readonly ScalarType[] FloatTypes = [ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16];

    [TestCaseSource(nameof(AllTypes))]
    public void Read_EveryType_GivesTheStoredBytes(ScalarType type)
    {
        using var scope = NewDisposeScope();
        byte[] content = new byte[24];
        new Random(3).NextBytes(content);
        if (type == ScalarType.Bool)
        {
            content = [.. content.Select(value => (byte)(value & 1))];
        }

        int size = SafetensorsType.SizeOf(type);
        string header = $$$"""{"first":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"{{{SafetensorsType.NameOf(type)}}}","shape":[{{{24 / size}}}],"data_offsets":[1,25]}}""";
        byte[] bytes = SafetensorsHeaderTests.Bytes(header, 25);
        content.CopyTo(bytes, bytes.Length - 24);
        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        // An odd offset: nothing may rely on alignment.
        Tensor tensor = opened.Read("t");

        Assert.That(tensor.dtype, Is.EqualTo(type));
        Assert.That(opened.Type("t"), Is.EqualTo(type));
        Assert.That(tensor.bytes.ToArray(), Is.EqualTo(content));
    }

    [Test]
    public void Read_IntoOtherFloatType_ConvertsElements(
        [ValueSource(nameof(FloatTypes))] ScalarType stored,
        [ValueSource(nameof(FloatTypes))] ScalarType wanted)
    {
        using var scope = NewDisposeScope();
        Tensor values = torch.linspace(-3, 3, 1000, dtype: float64).view(10, 100).to(stored);
        using TemporaryFile file = new();
        SafetensorsWriter.Write(file.Path, [new("t", values)]);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        Tensor destination = torch.empty([10, 100], dtype: wanted);

        opened.Read("t", destination);

        TensorAssert.BitEqual(destination, values.to(wanted), $"{stored} as {wanted}");
    }

    [Test]
    public void Read_IntoViewOfAnyLayout_FillsItAlone()
    {
        using var scope = NewDisposeScope();
        Tensor values = TensorArithmetic.Range(0, 24, 1, float32, CPU).view(4, 6);
        using TemporaryFile file = new();
        SafetensorsWriter.Write(file.Path, [new("t", values)]);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        Tensor rows = -ones(8, 6);
        Tensor columns = -ones(6, 8);

        opened.Read("t", rows.narrow(0, 2, 4));
        opened.Read("t", columns.t().narrow(0, 3, 4));

        TensorAssert.BitEqual(rows.narrow(0, 2, 4), values, "rows");
        TensorAssert.BitEqual(columns.narrow(1, 3, 4), values.t(), "columns");
        Assert.That(rows.eq(-ones(1)).sum().item<long>(), Is.EqualTo(24));
        Assert.That(columns.eq(-ones(1)).sum().item<long>(), Is.EqualTo(24));
    }

    [Test]
    public void Read_MoreThanOnePiece_JoinsThemSeamlessly()
    {
        // 40 MiB stored; pieces have 16. Rows of 20 MiB in a transposed destination have to be cut within a row.
        using var scope = NewDisposeScope();
        Tensor values = TensorArithmetic.Range(0, 10 << 20, 1, float32, CPU).view(2, 5 << 20);
        using TemporaryFile file = new();
        SafetensorsWriter.Write(file.Path, [new("t", values)]);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        Tensor converted = torch.empty([2, 5 << 20], dtype: float64);
        Tensor transposed = torch.empty([5 << 20, 2], dtype: float32).t();

        using Tensor straight = opened.Read("t");
        opened.Read("t", converted);
        opened.Read("t", transposed);

        TensorAssert.BitEqual(straight, values, "same type");
        TensorAssert.BitEqual(converted, values.to(float64), "converted");
        TensorAssert.BitEqual(transposed, values, "transposed");
    }

    [Test]
    public void Read_DestinationOfAnotherShape_IsRefusedWithBoth()
    {
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes("""{"t":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 24));
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor destination = torch.empty([3, 2]);

        Assert.That(
            () => opened.Read("t", destination),
            Throws.ArgumentException.With.Message.Contains("[2, 3]").And.Message.Contains("[3, 2]").And.Message.Contains(file.Path));
    }

    [Test]
    public void Read_BoolThatIsNeither_IsRefused()
    {
        byte[] bytes = SafetensorsHeaderTests.Bytes("""{"t":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}""", 3);
        bytes[^1] = 2;
        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        long live = LiveTensors.Count();

        Assert.That(() => opened.Read("t"), Throws.TypeOf<CheckpointFormatException>().With.Property("Tensor").EqualTo("t"));
        LiveTensors.AssertCount(live);
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Windows does not let an open file be cut short.")]
    public void Read_FileCutShortWhileOpen_IsRefused()
    {
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes("""{"t":{"dtype":"U8","shape":[1000000],"data_offsets":[0,1000000]}}""", 1_000_000));
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using (FileStream other = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(1000);
        }

        Assert.That(() => opened.Read("t"), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("must not change"));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public void ReadUpTo_ByThreads_IsTheBytesThatAreThere(int threads)
    {
        byte[] bytes = new byte[(3 * FileBytes.PartBytes) + 7];
        new Random(threads).NextBytes(bytes);
        using TemporaryFile file = new(bytes);
        using SafeFileHandle handle = File.OpenHandle(file.Path);
        foreach (int offset in (int[])[0, 3, FileBytes.PartBytes, bytes.Length - 1, bytes.Length])
        {
            byte[] read = new byte[bytes.Length];
            int count = FileBytes.ReadUpTo(handle, read, offset, threads);
            Assert.That(count, Is.EqualTo(bytes.Length - offset), $"from {offset}");
            Assert.That(read.AsSpan(0, count).SequenceEqual(bytes.AsSpan(offset)), $"from {offset}");
        }
    }

    [Test]
    public void ReadUpTo_ByThreadsOfWhatCannotBeRead_IsAnInputOutputError()
    {
        using TemporaryFile file = new([]);
        using SafeFileHandle handle = File.OpenHandle(file.Path, FileMode.Open, FileAccess.Write);
        byte[] read = new byte[2 * FileBytes.PartBytes];

        Assert.That(() => FileBytes.ReadUpTo(handle, read, 0, threads: 1), Throws.InstanceOf<UnauthorizedAccessException>().Or.InstanceOf<IOException>());
        Assert.That(() => FileBytes.ReadUpTo(handle, read, 0, threads: 2), Throws.InstanceOf<UnauthorizedAccessException>().Or.InstanceOf<IOException>());
    }

    [Test]
    public void Read_AfterDispose_Throws()
    {
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes("""{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor before = opened.Read("t");
        opened.Dispose();
        opened.Dispose();

        Assert.That(() => opened.Read("t"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(before.item<byte>(), Is.Zero);
    }

    [Test]
    public void Read_FromSeveralThreads_GivesEachItsOwn()
    {
        using var scope = NewDisposeScope();
        Tensor values = TensorArithmetic.Range(0, 100_000, 1, int64, CPU);
        using TemporaryFile file = new();
        SafetensorsWriter.Write(file.Path, [new("t", values)]);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Parallel.For(0, 32, _ =>
        {
            using Tensor tensor = opened.Read("t");
            TensorAssert.BitEqual(tensor, values, "t");
        });
    }

    [TestCase((2L << 30) + 5)]
    [TestCase((4L << 30) + 5)]
    public void Read_TensorBehindManyBytes_IsFound(long before)
    {
        using TemporaryFile file = new();
        WriteSparse(file.Path, before, [.. MemoryMarshal.AsBytes<float>([1.5f, -2, 3])]);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        using Tensor tensor = opened.Read("t");

        Assert.That(opened.Entries["t"].Offset, Is.GreaterThan(before));
        Assert.That(tensor.data<float>().ToArray(), Is.EqualTo((float[])[1.5f, -2, 3]));
    }

    [Test]
    public void Read_TensorAbove2GiB_ReachesItsLastByte()
    {
        const long Length = (2L << 30) + 100;
        if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < 3 * Length)
        {
            Assert.Ignore($"This machine has less memory than three times the tensor's {Length} bytes.");
        }

        using TemporaryFile file = new();
        WriteSparse(file.Path, Length, new byte[12]);
        using (FileStream stream = File.OpenWrite(file.Path))
        {
            stream.Position = stream.Length - 13;
            stream.WriteByte(77);
        }

        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor tensor = opened.Read("before");
        using Tensor end = tensor.narrow(0, Length - 2, 2);

        Assert.That(tensor.numel(), Is.EqualTo(Length));
        Assert.That(end.data<byte>().ToArray(), Is.EqualTo((byte[])[0, 77]));
    }

    /// <summary>A file with a tensor "before" of so many bytes, which take no room on disk, and "t" of three floats behind it.</summary>
    private static void WriteSparse(string path, long before, byte[] floats)
    {
        string header = $$$"""{"before":{"dtype":"U8","shape":[{{{before}}}],"data_offsets":[0,{{{before}}}]},"t":{"dtype":"F32","shape":[3],"data_offsets":[{{{before}}},{{{before + 12}}}]}}""";
        byte[] start = new byte[8 + header.Length];
        BinaryPrimitives.WriteInt64LittleEndian(start, header.Length);
        Encoding.ASCII.GetBytes(header, start.AsSpan(8));
        using FileStream stream = File.Create(path);
        stream.Write(start);
        try
        {
            stream.SetLength(start.Length + before + floats.Length);
        }
        catch (IOException error)
        {
            Assert.Ignore($"This disk has no room for a sparse file of {before} bytes: {error.Message}");
        }

        stream.Seek(-floats.Length, SeekOrigin.End);
        stream.Write(floats);
    }
}
