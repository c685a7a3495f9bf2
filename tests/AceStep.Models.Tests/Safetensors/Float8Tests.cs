using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Eight-bit floats against their definition, and against what their scales make of them.</summary>
[TestFixture]
public sealed class Float8Tests
{
    private static readonly (string Type, byte Code, float Value)[] Known =
    [
        // The corners that the formats' paper lists (Micikevicius et al. 2022, table 1), and a few between.
        ("F8_E4M3", 0x00, 0), ("F8_E4M3", 0x01, 0.001953125f), ("F8_E4M3", 0x07, 0.013671875f), ("F8_E4M3", 0x08, 0.015625f), ("F8_E4M3", 0x38, 1),
        ("F8_E4M3", 0x3c, 1.5f), ("F8_E4M3", 0x7e, 448), ("F8_E4M3", 0xfe, -448), ("F8_E4M3", 0x78, 256), ("F8_E4M3", 0x7f, float.NaN), ("F8_E4M3", 0xff, float.NaN),
        ("F8_E5M2", 0x00, 0), ("F8_E5M2", 0x01, 1.52587890625e-5f), ("F8_E5M2", 0x03, 4.57763671875e-5f), ("F8_E5M2", 0x04, 6.103515625e-5f), ("F8_E5M2", 0x3c, 1),
        ("F8_E5M2", 0x7b, 57344), ("F8_E5M2", 0xfb, -57344), ("F8_E5M2", 0x7c, float.PositiveInfinity), ("F8_E5M2", 0xfc, float.NegativeInfinity), ("F8_E5M2", 0x7d, float.NaN),
    ];

    [TestCaseSource(nameof(Known))]
    public void Read_KnownCode_GivesItsValue((string Type, byte Code, float Value) known)
    {
        byte[] bytes = SafetensorsHeaderTests.Bytes($$$"""{"t":{"dtype":"{{{known.Type}}}","shape":[3],"data_offsets":[0,3]}}""", 3);
        bytes[^2] = known.Code;
        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor single = empty(3, dtype: float32);

        opened.Read("t", single);

        Assert.That(single.data<float>().ToArray(), Is.EqualTo((float[])[0, known.Value, 0]));
        Assert.That(opened.Type("t"), Is.EqualTo(ScalarType.BFloat16));
        Assert.That(opened.StoredType("t"), Is.EqualTo(known.Type));
        Assert.That(opened.StoredBytes("t"), Is.EqualTo(3));
    }

    [Test]
    public void Read_EveryHalfCode_IsTheHalfFloatWithoutItsLastByte()
    {
        byte[] bytes = SafetensorsHeaderTests.Bytes("""{"t":{"dtype":"F8_E5M2","shape":[256],"data_offsets":[0,256]}}""", 256);
        for (int code = 0; code < 256; code++)
        {
            bytes[bytes.Length - 256 + code] = (byte)code;
        }

        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor read = opened.Read("t");
        using Tensor single = read.to(float32);

        Assert.That(single.data<float>().ToArray(), Is.EqualTo(Enumerable.Range(0, 256).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))));
    }

    [Test]
    public void Read_MoreThanOnePiece_JoinsThemSeamlessly()
    {
        // Pieces have 16 MiB as read; this tensor has 20 of them stored.
        const int Count = 20 << 20;
        byte[] bytes = SafetensorsHeaderTests.Bytes($$$"""{"t":{"dtype":"F8_E4M3","shape":[{{{Count}}}],"data_offsets":[0,{{{Count}}}]}}""", Count);
        for (int i = 0; i < Count; i++)
        {
            bytes[bytes.Length - Count + i] = (byte)(0x30 + (i % 13));
        }

        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor read = opened.Read("t");
        using Tensor converted = empty(Count, dtype: float32);
        opened.Read("t", converted);
        using Tensor single = read.to(float32);
        TensorAssert.BitEqual(single, converted, "straight and converted");
        float[] values = single.data<float>().ToArray();
        Assert.That(Enumerable.Range(0, Count).All(i => values[i] == values[i % 13]), Is.True);
        Assert.That(values[..13], Is.Ordered.Ascending);
    }

    [TestCase("scale_weight")]
    [TestCase("weight_scale")]
    public void Scaled_PlainScale_MultipliesAndVanishes(string scaleName)
    {
        using var scope = NewDisposeScope();
        using TemporaryFile file = new(Scaled(scaleName, "[]", """{"format": "float8_e4m3fn"}"""));
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        ITensorSource source = ScaledTensors.From(opened);

        Assert.That(source.Names, Is.EquivalentTo((string[])["layer.weight", "layer.bias"]));
        Tensor single = empty(2, dtype: float32);
        source.Read("layer.weight", single);
        Assert.That(single.data<float>().ToArray(), Is.EqualTo((float[])[1.5f * 0.3f, -448 * 0.3f]));
        Tensor narrow = empty(2, dtype: bfloat16);
        source.Read("layer.weight", narrow);
        TensorAssert.BitEqual(narrow, single.to(bfloat16), "rounded once");
    }

    [Test]
    public void Scaled_NothingScaled_IsTheSourceItself()
    {
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes("""{"a.weight":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1));
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Assert.That(ScaledTensors.From(opened), Is.SameAs(opened));
    }

    [TestCase("[2]", """{"format": "float8_e4m3fn"}""", "one number for a whole tensor")]
    [TestCase("[]", """{"format": "nvfp4"}""", "\"nvfp4\"")]
    [TestCase("[]", "not JSON", "\"unknown\"")]
    public void Scaled_OtherQuantisation_IsRefusedByName(string shape, string format, string word)
    {
        using TemporaryFile file = new(Scaled("weight_scale", shape, format));
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Assert.That(() => ScaledTensors.From(opened), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(word));
    }

    [Test]
    public void Scaled_ScaleThatIsNoNumber_IsRefused()
    {
        byte[] bytes = Scaled("weight_scale", "[]", """{"format": "float8_e4m3fn"}""");
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - ScaleFromEnd), float.NaN);
        using TemporaryFile file = new(bytes);
        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        using Tensor destination = empty(2);

        Assert.That(() => ScaledTensors.From(opened).Read("layer.weight", destination), Throws.TypeOf<CheckpointFormatException>().With.Property("Tensor").EqualTo("layer.weight_scale"));
    }

    // The last tensors are the scale, of up to two floats, and two bytes of weight.
    private const int ScaleFromEnd = 4 + 2;

    /// <summary>A layer of ComfyUI's: the codes of 1.5 and -448 with the scale 0.3, a bias, the scale of its inputs and both marks.</summary>
    private static byte[] Scaled(string scaleName, string scaleShape, string format)
    {
        int scaleBytes = scaleShape == "[]" ? 4 : 8;
        int start = format.Length + 4;
        string header = $$$"""
            {"layer.comfy_quant":{"dtype":"U8","shape":[{{{format.Length}}}],"data_offsets":[0,{{{format.Length}}}]},
             "layer.bias":{"dtype":"BF16","shape":[2],"data_offsets":[{{{format.Length}}},{{{start}}}]},
             "layer.input_scale":{"dtype":"F32","shape":[],"data_offsets":[{{{start}}},{{{start + 4}}}]},
             "scaled_fp8":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[{{{start + 4}}},{{{start + 4}}}]},
             "layer.{{{scaleName}}}":{"dtype":"F32","shape":{{{scaleShape}}},"data_offsets":[{{{start + 4}}},{{{start + 4 + scaleBytes}}}]},
             "layer.weight":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[{{{start + 4 + scaleBytes}}},{{{start + 6 + scaleBytes}}}]}}
            """;
        byte[] bytes = SafetensorsHeaderTests.Bytes(header, start + 6 + scaleBytes);
        System.Text.Encoding.ASCII.GetBytes(format).CopyTo(bytes, bytes.Length - (start + 6 + scaleBytes));
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 2 - scaleBytes), 0.3f);
        bytes[^2] = 0x3c;
        bytes[^1] = 0xfe;
        return bytes;
    }
}
