using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using TorchSharp;

namespace AceStep.Models;

/// <summary>Writes safetensors files: the same bytes as the format's own library writes for the same tensors.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const long PieceBytes = 16 << 20;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Writes a file: first beside its place under another name, then moved there, so that nobody ever sees half a file and
    /// a failure leaves what was there before. Of a symbolic link, what it points to is written.
    /// </summary>
    /// <param name="path">The file to write; one that exists is replaced.</param>
    /// <param name="tensors">The tensors by name, in any order, on any device; the file sorts them by type, widest first, then by name.</param>
    /// <param name="metadata">Text by key for the header; sorted by key.</param>
    /// <exception cref="ArgumentException">A name is given twice, is reserved or is not Unicode, or a type is not in the format.</exception>
    /// <exception cref="IOException">The file cannot be written: its folder is absent, the disk is full, ...</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        List<Item> items = Sort(tensors);
        byte[] header = BuildHeader(items.Select(item => (item.Name, item.Tensor.dtype, (IReadOnlyList<long>)item.Tensor.shape)), metadata);

        OutputFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (Item item in items)
            {
                WriteData(stream, item.Tensor);
            }
        });
    }

    private static List<Item> Sort(IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        List<Item> items = new(tensors.Count);
        foreach ((string name, torch.Tensor tensor) in tensors)
        {
            if (name == SafetensorsHeader.MetadataName)
            {
                throw new ArgumentException($"A tensor must not be named \"{name}\": the format keeps this name for text.", nameof(tensors));
            }

            if (!names.Add(name))
            {
                throw new ArgumentException($"Tensor names must be unique; \"{name}\" is given twice.", nameof(tensors));
            }

            if (!SafetensorsType.IsSupported(tensor.dtype))
            {
                throw new ArgumentException($"Tensor \"{name}\" must be one of {SafetensorsType.AllNames}; it is {tensor.dtype}.", nameof(tensors));
            }

            items.Add(new Item(name, EncodeStrictly(name, nameof(tensors)), tensor));
        }

        items.Sort((left, right) =>
        {
            int byType = SafetensorsType.RankOf(left.Tensor.dtype).CompareTo(SafetensorsType.RankOf(right.Tensor.dtype));
            return byType != 0 ? byType : left.EncodedName.AsSpan().SequenceCompareTo(right.EncodedName);
        });
        return items;
    }

    /// <summary>Everything before the tensors' bytes: the length field, the table of the tensors, and blanks up to the alignment.</summary>
    /// <param name="tensors">The tensors in the order of their bytes.</param>
    /// <param name="metadata">Text by key.</param>
    internal static byte[] BuildHeader(IEnumerable<(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        StringBuilder json = new();
        json.Append('{');
        if (metadata is not null)
        {
            AppendText(json, SafetensorsHeader.MetadataName).Append(":{");
            foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                AppendSeparator(json);
                AppendText(AppendText(json, key).Append(':'), value);
            }

            json.Append('}');
        }

        long offset = 0;
        foreach ((string name, torch.ScalarType type, IReadOnlyList<long> shape) in tensors)
        {
            long end = shape.Aggregate((long)SafetensorsType.SizeOf(type), (product, size) => product * size) + offset;
            AppendSeparator(json);
            AppendText(json, name)
                .Append(CultureInfo.InvariantCulture, $$""":{"dtype":"{{SafetensorsType.NameOf(type)}}","shape":[""")
                .AppendJoin(',', shape)
                .Append(CultureInfo.InvariantCulture, $$"""],"data_offsets":[{{offset}},{{end}}]}""");
            offset = end;
        }

        json.Append('}');
        byte[] text = EncodeStrictly(json.ToString(), nameof(metadata));
        int padding = -text.Length & (Alignment - 1);
        byte[] header = new byte[SafetensorsHeader.LengthFieldSize + text.Length + padding];
        BinaryPrimitives.WriteInt64LittleEndian(header, text.Length + padding);
        text.CopyTo(header, SafetensorsHeader.LengthFieldSize);
        header.AsSpan(header.Length - padding).Fill((byte)' ');
        return header;
    }

    private static void AppendSeparator(StringBuilder json)
    {
        if (json[^1] != '{')
        {
            json.Append(',');
        }
    }

    /// <summary>A JSON string that escapes what must be and nothing else: .NET's own encoders escape more than the format's library.</summary>
    private static StringBuilder AppendText(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char character in text)
        {
            _ = character switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => json.Append(character),
            };
        }

        return json.Append('"');
    }

    private static void WriteData(Stream stream, torch.Tensor tensor)
    {
        using var noGrad = torch.no_grad();
        using torch.Tensor onHost = tensor.cpu();
        using torch.Tensor ordered = onHost.contiguous();
        using torch.Tensor elements = ordered.view(-1);
        long count = elements.numel();
        long perPiece = PieceBytes / elements.ElementSize;
        for (long start = 0; start < count; start += perPiece)
        {
            using torch.Tensor piece = elements.narrow(0, start, Math.Min(perPiece, count - start));
            stream.Write(piece.bytes);
        }
    }

    private static byte[] EncodeStrictly(string text, string parameter)
    {
        try
        {
            return StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"Names and text must be Unicode without lone surrogates; \"{text}\" is not.", parameter, error);
        }
    }

    private sealed record Item(string Name, byte[] EncodedName, torch.Tensor Tensor);
}
