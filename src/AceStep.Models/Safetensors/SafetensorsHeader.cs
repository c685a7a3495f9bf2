using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using TorchSharp;

namespace AceStep.Models;

/// <summary>The header of a safetensors file, checked against the file's length.</summary>
/// <param name="Entries">The tensors in the order of their bytes.</param>
/// <param name="Metadata">The file's own text by key.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The bytes of the length field with which a file begins.</summary>
    public const int LengthFieldSize = 8;

    /// <summary>The name that holds text instead of a tensor.</summary>
    public const string MetadataName = "__metadata__";

    // The limit that the format's own library sets.
    private const long MaximumLength = 100_000_000;

    // Types of the format that mean nothing without scales beside them.
    private static readonly string[] Quantised = ["F4", "F6_E2M3", "F6_E3M2", "F8_E8M0"];

    // What torch can iterate over.
    private const int MaximumRank = 64;

    /// <summary>Reads the length field.</summary>
    /// <exception cref="CheckpointFormatException">The header is too long, or does not fit into the file.</exception>
    public static int ParseLength(ReadOnlySpan<byte> field, long fileLength, string file)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(field);
        if (length > MaximumLength)
        {
            throw new CheckpointFormatException(file, $"a safetensors header must have at most {MaximumLength} bytes; its length field says {length}");
        }

        if ((long)length > fileLength - LengthFieldSize)
        {
            throw new CheckpointFormatException(
                file, $"the header must end inside the file of {fileLength} bytes; its length field says {length}. If the file was downloaded, the download is incomplete: continue it, or download the file again");
        }

        return (int)length;
    }

    /// <summary>Parses and checks a header.</summary>
    /// <param name="json">The header's bytes, without the length field.</param>
    /// <param name="fileLength">The length of the whole file in bytes.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <exception cref="CheckpointFormatException">The header breaks a rule of the format.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long fileLength, string file)
    {
        if (!Utf8.IsValid(json))
        {
            throw new CheckpointFormatException(file, "the header must be UTF-8");
        }

        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new CheckpointFormatException(file, "the header must begin with \"{\"");
        }

        long dataStart = LengthFieldSize + json.Length;
        Parser parser = new(json, file);
        try
        {
            parser.Run(dataStart);
        }
        catch (JsonException error)
        {
            throw new CheckpointFormatException(file, $"the header must be JSON of the safetensors form: {error.Message.TrimEnd('.')}", parser.Tensor, error);
        }

        List<SafetensorsEntry> entries = parser.Entries;
        entries.Sort((left, right) => left.Offset != right.Offset
            ? left.Offset.CompareTo(right.Offset)
            : left.ByteCount.CompareTo(right.ByteCount));
        ThrowIfNotCovered(entries, dataStart, fileLength, file);
        return new SafetensorsHeader(entries, parser.Metadata);
    }

    /// <summary>The tensors' ranges, one after another, must be exactly the file's data.</summary>
    private static void ThrowIfNotCovered(List<SafetensorsEntry> entries, long dataStart, long fileLength, string file)
    {
        long end = dataStart;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Offset != end)
            {
                string fault = entry.Offset < end ? "overlaps the tensor before it" : $"leaves a hole of {entry.Offset - end} bytes before it";
                throw new CheckpointFormatException(file, $"tensors must follow one another without holes or overlaps; this one {fault}", entry.Name);
            }

            end += entry.ByteCount;
        }

        if (end > fileLength)
        {
            throw new CheckpointFormatException(
                file, $"the file must end where its last tensor does, at {end} bytes; it has {fileLength} ({100.0 * fileLength / end:0}%). If the file was downloaded, the download is incomplete: continue it, or download the file again");
        }

        if (end != fileLength)
        {
            throw new CheckpointFormatException(file, $"the file must end where its last tensor does, at {end} bytes; it has {fileLength}");
        }
    }

    private ref struct Parser(ReadOnlySpan<byte> json, string file)
    {
        private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = 3 });
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);

        public List<SafetensorsEntry> Entries { get; } = [];

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

        /// <summary>The tensor that is being parsed.</summary>
        public string? Tensor { get; private set; }

        public void Run(long dataStart)
        {
            _reader.Read();
            while (NextProperty(out string name))
            {
                if (!_names.Add(name))
                {
                    throw Broken($"names must be unique; \"{CheckpointFormatException.Shorten(name)}\" occurs twice");
                }

                if (name == MetadataName)
                {
                    ParseMetadata();
                }
                else
                {
                    Tensor = name;
                    Entries.Add(ParseEntry(name, dataStart));
                    Tensor = null;
                }
            }

            // Refuses anything but white space after the object.
            _reader.Read();
        }

        private void ParseMetadata()
        {
            Expect(JsonTokenType.StartObject, $"{MetadataName} must be an object");
            while (NextProperty(out string key))
            {
                Expect(JsonTokenType.String, $"{MetadataName} must map names to strings; \"{CheckpointFormatException.Shorten(key)}\" is something else");
                if (!Metadata.TryAdd(key, GetString()))
                {
                    throw Broken($"the keys of {MetadataName} must be unique; \"{CheckpointFormatException.Shorten(key)}\" occurs twice");
                }
            }
        }

        private SafetensorsEntry ParseEntry(string name, long dataStart)
        {
            string? storedType = null;
            List<long>? shape = null;
            List<long>? offsets = null;
            Expect(JsonTokenType.StartObject, "a tensor must be an object with dtype, shape and data_offsets");
            while (NextProperty(out string field))
            {
                switch (field)
                {
                    case "dtype" when storedType is null: storedType = ParseType(); break;
                    case "shape" when shape is null: shape = ParseNumbers(field, MaximumRank); break;
                    case "data_offsets" when offsets is null: offsets = ParseNumbers(field, 2); break;
                    default: throw Broken($"a tensor must have dtype, shape and data_offsets, each once, and nothing else; it has another \"{CheckpointFormatException.Shorten(field)}\"");
                }
            }

            if (storedType is null || shape is null || offsets is null)
            {
                throw Broken("a tensor must have dtype, shape and data_offsets");
            }

            if (offsets is not [long begin, long end] || begin > end || end > long.MaxValue - dataStart)
            {
                throw Broken($"data_offsets must be a begin and an end, in this order; they are [{string.Join(", ", offsets)}]");
            }

            _ = SafetensorsType.TryParse(storedType, out torch.ScalarType type, out int elementSize);
            long byteCount = CountBytes(shape, elementSize);
            if (byteCount != end - begin)
            {
                throw Broken($"{storedType} [{string.Join(", ", shape)}] has {byteCount} bytes, so data_offsets must be as far apart; they are [{begin}, {end}]");
            }

            return new SafetensorsEntry(name, type, shape.AsReadOnly(), dataStart + begin, byteCount, storedType);
        }

        private string ParseType()
        {
            Expect(JsonTokenType.String, "dtype must be a string");
            string name = GetString();
            return SafetensorsType.TryParse(name, out _, out _)
                ? name
                : throw Broken($"dtype must be one of {SafetensorsType.AllNames}; it is \"{CheckpointFormatException.Shorten(name)}\"{(Quantised.Contains(name) ? ", which needs scales that this library does not know: use a file in BF16, F16, F32 or F8" : "")}");
        }

        private List<long> ParseNumbers(string field, int maximumCount)
        {
            Expect(JsonTokenType.StartArray, $"{field} must be an array");
            List<long> numbers = [];
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long number) || number < 0)
                {
                    throw Broken($"{field} must hold integers from 0 to {long.MaxValue}; it holds {CheckpointFormatException.Shorten(Encoding.UTF8.GetString(_reader.ValueSpan))}");
                }

                if (numbers.Count == maximumCount)
                {
                    throw Broken($"{field} must hold at most {maximumCount} numbers; it holds more");
                }

                numbers.Add(number);
            }

            return numbers;
        }

        private readonly long CountBytes(List<long> shape, int elementSize)
        {
            // A zero must not hide sizes that no tensor can have, so the product is also taken without zeros.
            Int128 bytes = elementSize;
            Int128 bytesWithoutZeros = elementSize;
            foreach (long size in shape)
            {
                bytes *= size;
                bytesWithoutZeros *= Math.Max(size, 1);
                if (bytesWithoutZeros > long.MaxValue)
                {
                    throw Broken($"a tensor must have at most {long.MaxValue} bytes; its shape is [{string.Join(", ", shape)}]");
                }
            }

            return (long)bytes;
        }

        /// <summary>Moves to the next name of the current object; false at its end.</summary>
        private bool NextProperty(out string name)
        {
            _reader.Read();
            bool isProperty = _reader.TokenType == JsonTokenType.PropertyName;
            name = isProperty ? GetString() : "";
            return isProperty;
        }

        private void Expect(JsonTokenType type, string rule)
        {
            _reader.Read();
            if (_reader.TokenType != type)
            {
                throw Broken(rule);
            }
        }

        private readonly string GetString()
        {
            try
            {
                return _reader.GetString()!;
            }
            catch (InvalidOperationException error)
            {
                // Half a surrogate pair, written as an escape.
                throw new CheckpointFormatException(file, "the header's text must be Unicode", Tensor, error);
            }
        }

        private readonly CheckpointFormatException Broken(string rule) => new(file, rule, Tensor);
    }
}
