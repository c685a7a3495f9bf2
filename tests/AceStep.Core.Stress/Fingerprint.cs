using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AceStep.Core.Stress;

/// <summary>The bits of a result.</summary>
internal static class Fingerprint
{
    /// <summary>A hash of every sample and latent.</summary>
    public static string Of(MusicResult result)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Song song in result.Songs)
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(song.Audio.ToPlanar()));
            hash.AppendData(MemoryMarshal.AsBytes(song.Latents.Values));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
