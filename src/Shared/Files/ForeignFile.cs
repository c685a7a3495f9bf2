using System.Text;

namespace AceStep;

/// <summary>What a file is that should hold weights, JSON or sound and does not, told by its first bytes, and what to do about it.</summary>
internal static class ForeignFile
{
    /// <summary>How many of a file's first bytes tell what it is.</summary>
    public const int TellingBytes = 512;

    private const int LongestQuote = 60;
    private const string Refetch = "download the file again";
    private const string Convert = "use the model's safetensors file, or convert this one in Python with safetensors.torch.save_file";

    /// <summary>The first bytes of forms of their own, what they are, and what to do.</summary>
    private static readonly (byte[] Start, string What)[] Signatures =
    [
        ("GGUF"u8.ToArray(), "a GGUF file, whose weights are quantised for other programs: use the model's safetensors file"),
        ("GGML"u8.ToArray(), "a GGML file, whose weights are quantised for other programs: use the model's safetensors file"),
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], $"an HDF5 file (Keras): {Convert}"),
        ([0x93, .. "NUMPY"u8], $"a NumPy array: {Convert}"),
        ([0x1f, 0x8b], "a gzip archive: unpack it first"),
        ([0x28, 0xb5, 0x2f, 0xfd], "a zstd archive: unpack it first"),
        ([(byte)'7', (byte)'z', 0xbc, 0xaf], "a 7z archive: unpack it first"),
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "an xz archive: unpack it first"),
        ("Rar!"u8.ToArray(), "a RAR archive: unpack it first"),
        ("RIFF"u8.ToArray(), "a sound or picture (RIFF)"),
        ([0x89, .. "PNG"u8], "a picture (PNG)"),
        ([0xff, 0xd8, 0xff], "a picture (JPEG)"),
        ("%PDF"u8.ToArray(), "a document (PDF)"),
    ];

    /// <summary>Says what a file is; null where its first bytes may be a safetensors file's, or tell nothing.</summary>
    /// <param name="start">The first bytes, as many as <see cref="TellingBytes"/> or the whole file.</param>
    /// <param name="length">The length of the whole file.</param>
    public static string? Describe(ReadOnlySpan<byte> start, long length)
    {
        if (start.Length > 8 && start[8] == '{' && start[4..8].IndexOfAnyExcept((byte)0) < 0)
        {
            return null;
        }

        foreach ((byte[] signature, string what) in Signatures)
        {
            if (start.StartsWith(signature))
            {
                return what;
            }
        }

        if (start.StartsWith("PK\x3\x4"u8))
        {
            return start.IndexOf("data.pkl"u8) >= 0 ? Pickle : "a ZIP archive: unpack it first";
        }

        if (start is [0x80, >= 2 and <= 5, ..])
        {
            return Pickle;
        }

        if (start.Length > 262 && start[257..].StartsWith("ustar"u8))
        {
            return "a tar archive: unpack it first";
        }

        if (start is [0xff, 0xfe, not 0, 0, ..] or [0xfe, 0xff, 0, not 0, ..])
        {
            return "a text in UTF-16: save it in UTF-8";
        }

        if (start.Length > 8 && start.IndexOfAnyExcept((byte)0) < 0)
        {
            return $"{length} bytes that begin with zeros, probably an unfinished download: {Refetch}";
        }

        return DescribeText(start, length);
    }

    private static string Pickle =>
        $"a PyTorch pickle (.ckpt, .bin, .pt), which can run any program when it is opened and is not supported: {Convert}";

    private static string? DescribeText(ReadOnlySpan<byte> start, long length)
    {
        start = start.StartsWith(Encoding.UTF8.Preamble) ? start[3..] : start;
        // The last character may be cut in two.
        string text = Encoding.UTF8.GetString(start).TrimStart().TrimEnd('\uFFFD');
        if (text.Length < 2 || text.Any(character => character == '\uFFFD' || (char.IsControl(character) && character is not ('\r' or '\n' or '\t'))))
        {
            return null;
        }

        if (text.StartsWith("version https://git-lfs.", StringComparison.Ordinal))
        {
            return $"a Git LFS pointer ({length} bytes) in place of the file of {PointerSize(text)}: run 'git lfs pull' in its repository, or download the file itself";
        }

        if (text.StartsWith("../", StringComparison.Ordinal) && !text.Contains('\n', StringComparison.Ordinal))
        {
            return $"a link that was copied as text (to {Quote(text)}): copy the file that it points to";
        }

        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
        {
            return "a web page (HTML), not the file itself: download the file (on Hugging Face the address has /resolve/, not /blob/)";
        }

        return text[0] switch
        {
            '<' => $"an XML text ({Quote(text)}), probably a server's answer instead of the file: {Refetch}",
            '{' or '[' => $"a JSON text ({Quote(text)}): a config, an index of shards, or a server's answer instead of the file",
            _ => $"a text ({Quote(text)}), perhaps a server's answer instead of the file: {Refetch}",
        };
    }

    private static string PointerSize(string pointer)
    {
        string? line = pointer.Split('\n').FirstOrDefault(line => line.StartsWith("size ", StringComparison.Ordinal));
        return line is not null && long.TryParse(line.AsSpan(5), out long size) ? $"{size} bytes" : "another size";
    }

    private static string Quote(string text)
    {
        string line = text.Split('\n', 2)[0].TrimEnd();
        return line.Length <= LongestQuote ? $"\"{line}\"" : $"\"{line.AsSpan(0, LongestQuote)}...\"";
    }
}
