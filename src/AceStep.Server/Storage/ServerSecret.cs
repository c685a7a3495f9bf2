using System.Security.Cryptography;
using System.Text;

namespace AceStep.Server.Storage;

/// <summary>The server's secret, from which everything that must not be guessed comes; made once for a data folder.</summary>
internal sealed class ServerSecret
{
    private const int Length = 32;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private readonly byte[] _secret;

    private ServerSecret(byte[] secret) => _secret = secret;

    /// <summary>The secret of these bytes, kept elsewhere.</summary>
    public static ServerSecret From(byte[] secret) => new(secret);

    /// <summary>Reads the secret of a folder, or makes it.</summary>
    public static ServerSecret Open(string folder)
    {
        string path = Path.Combine(folder, "secret");
        if (File.Exists(path))
        {
            byte[] known = File.ReadAllBytes(path);
            return known.Length == Length ? new ServerSecret(known) : throw new IOException($"{path} must have {Length} bytes; it has {known.Length}. Remove the file, and a new one is made.");
        }

        byte[] secret = RandomNumberGenerator.GetBytes(Length);
        string temporary = path + ".new";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream stream = new(temporary, options))
        {
            stream.Write(secret);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path);
        DurableFolder.Flush(folder);
        return new ServerSecret(secret);
    }

    /// <summary>An id that nobody can guess: 26 characters of lower-case base32.</summary>
    public static string NewId() => ToId(RandomNumberGenerator.GetBytes(17));

    /// <summary>The id that belongs to a text: the same text gives the same id, and nobody else can compute it.</summary>
    public string IdOf(string purpose, string text) => ToId(Hash(purpose, text));

    /// <summary>A word that proves that an address was given out by this server.</summary>
    public string Sign(string purpose, string text) => Convert.ToHexStringLower(Hash(purpose, text).AsSpan(0, 16));

    /// <summary>Whether a word is the signature of a text; takes the same time for every wrong one.</summary>
    public bool IsSigned(string purpose, string text, string signature) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(purpose, text)), Encoding.UTF8.GetBytes(signature));

    /// <summary>A key of its own for a purpose.</summary>
    public byte[] Key(string purpose, int length) => Hash("key", purpose)[..length];

    private byte[] Hash(string purpose, string text) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{purpose}\n{text}"));

    private static string ToId(ReadOnlySpan<byte> bytes)
    {
        Span<char> id = stackalloc char[26];
        int bits = 0, held = 0, next = 0;
        for (int index = 0; index < id.Length; index++)
        {
            if (held < 5)
            {
                bits = (bits << 8) | bytes[next++];
                held += 8;
            }

            held -= 5;
            id[index] = Alphabet[(bits >> held) & 31];
            bits &= (1 << held) - 1;
        }

        return id.ToString();
    }
}
