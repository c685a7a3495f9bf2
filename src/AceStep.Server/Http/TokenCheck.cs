using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>Compares tokens with the known ones, of which only hashes are kept, in the same time for every wrong one.</summary>
internal sealed class TokenCheck
{
    private const string HashPrefix = "sha256:";

    private readonly byte[][] _hashes;

    /// <exception cref="ArgumentException">A token is empty, or a hash is none.</exception>
    public TokenCheck(IEnumerable<string> tokens) => _hashes = [.. tokens.Select(Hash)];

    /// <summary>Whether tokens are asked for.</summary>
    public bool IsRequired => _hashes.Length > 0;

    /// <summary>Who asks: the hash of the token, or nobody's where none is asked for; null for a wrong token or none.</summary>
    public string? Identify(HttpRequest request)
    {
        if (!IsRequired)
        {
            return "";
        }

        string header = request.Headers.Authorization.ToString();
        int space = header.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || header.Length > 1000 || !(header.AsSpan(0, space).Equals("Bearer", StringComparison.OrdinalIgnoreCase) || header.AsSpan(0, space).Equals("Token", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(header[(space + 1)..].Trim()));
        bool isKnown = false;
        foreach (byte[] known in _hashes)
        {
            isKnown |= CryptographicOperations.FixedTimeEquals(known, given);
        }

        return isKnown ? Convert.ToHexStringLower(given) : null;
    }

    private static byte[] Hash(string token)
    {
        if (token.StartsWith(HashPrefix, StringComparison.Ordinal))
        {
            string digits = token[HashPrefix.Length..];
            return digits.Length == 64 && digits.All(char.IsAsciiHexDigit)
                ? Convert.FromHexString(digits)
                : throw new ArgumentException("A token's hash must be sha256: and 64 hexadecimal digits.", nameof(token));
        }

        return token.Trim().Length > 0
            ? SHA256.HashData(Encoding.UTF8.GetBytes(token.Trim()))
            : throw new ArgumentException("A token must not be empty.", nameof(token));
    }
}
