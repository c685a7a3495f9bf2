using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace AceStep.Hub;

/// <summary>A file to download.</summary>
/// <param name="Path">Its path within the download.</param>
/// <param name="Address">Its address.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Key">The name of its contents in the hub's cache: the ETag.</param>
/// <param name="Checksum">The hash that its contents must have; null if it is not known.</param>
internal sealed record RemoteFile(string Path, Uri Address, long Bytes, string Key, Checksum? Checksum)
{
    /// <summary>Adds the known checksum of a released file. Throws if the hub reports another size or hash.</summary>
    public RemoteFile As(KnownFile? known)
    {
        if (known is null)
        {
            return this;
        }

        bool isOther = Bytes != known.Bytes || (Checksum is { } said && said.ToString() != known.Checksum.ToString() && said.Digits.Length == known.Checksum.Digits.Length);
        return isOther
            ? throw new DownloadException($"{Path} of {Address.Host} is not the released file: it has {Bytes} bytes, {Checksum}; the released one has {known.Bytes} bytes, {known.Checksum}. It was not downloaded.")
            : this with { Checksum = known.Checksum };
    }
}

/// <summary>The hash that a file's contents must have. The hub gives SHA-256 for large files and Git's SHA-1 of a blob for small ones.</summary>
internal sealed partial record Checksum
{
    private const int Sha256Digits = 64;

    private Checksum(string digits) => Digits = digits;

    /// <summary>The hash, in lower-case hexadecimal digits.</summary>
    public string Digits { get; }

    private bool IsSha256 => Digits.Length == Sha256Digits;

    /// <summary>A SHA-256, given as 64 hexadecimal digits.</summary>
    public static Checksum Sha256(string digits) => TryParse(digits) is { IsSha256: true } checksum ? checksum : throw new ArgumentException($"{digits} is not a SHA-256 hash.", nameof(digits));

    /// <summary>Reads a hash as the hub writes it: 64 digits are a SHA-256, 40 are Git's SHA-1; null for anything else.</summary>
    public static Checksum? TryParse(string? digits) => digits is not null && Hexadecimal().IsMatch(digits) ? new Checksum(digits) : null;

    /// <summary>Starts a hash of contents of a known length.</summary>
    public IncrementalHash Begin(long length)
    {
        if (IsSha256)
        {
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }

        // Git hashes a header with the length before the contents.
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        return hash;
    }

    /// <summary>Whether the hashed contents have this checksum. Resets the hash.</summary>
    public bool Matches(IncrementalHash hash, out string actual)
    {
        actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        return actual == Digits;
    }

    /// <summary>"sha256:...", "git:...".</summary>
    public override string ToString() => (IsSha256 ? "sha256:" : "git:") + Digits;

    [GeneratedRegex(@"^([0-9a-f]{64}|[0-9a-f]{40})\z")]
    private static partial Regex Hexadecimal();
}
