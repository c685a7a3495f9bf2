using System.Buffers;
using System.Buffers.Text;
using System.Text;
using AceStep.Server.Queue;
using AceStep.Server.Storage;

namespace AceStep.Server.Replicate;

/// <summary>
/// A prediction as text. Clients take only https: and data: addresses for files, so that over plain http the song itself
/// stands in the answer: it is copied piece by piece, and is never in memory as a whole.
/// </summary>
/// <param name="record">The prediction.</param>
/// <param name="blobs">Where its song is.</param>
/// <param name="isInline">Whether the song stands in the text.</param>
/// <param name="serialize">Makes the text, with what stands for the song in it; null for what stands there otherwise.</param>
/// <param name="member">The member that has the song.</param>
internal sealed class PredictionBody(PredictionRecord record, IBlobStore blobs, bool isInline, Func<string?, byte[]> serialize, string member = "output")
{
    /// <summary>Three bytes are four characters: pieces of whole threes need no filling.</summary>
    private const int PieceBytes = 3 << 14;

    private const string Mark = "__the_song_of_this_prediction__";

    /// <summary>Whether answers over an address have the song in them.</summary>
    public static bool IsInlineFor(string baseUrl) => !baseUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the object.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using Stream? song = isInline && record.Output is { } output ? await blobs.OpenAsync(output.Blob, cancellationToken) : null;
        if (song is null)
        {
            await stream.WriteAsync(serialize(null), cancellationToken);
            return;
        }

        string marked = $"data:{record.Output!.ContentType};base64,{Mark}";
        byte[] text = serialize(marked);
        // A client's own words cannot look like this: their quotes are escaped.
        int place = text.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\"{member}\":\"{marked}\""));
        int start = text.AsSpan(place).IndexOf(Encoding.ASCII.GetBytes(Mark)) + place;
        await stream.WriteAsync(text.AsMemory(0, start), cancellationToken);
        await CopyBase64Async(song, stream, cancellationToken);
        await stream.WriteAsync(text.AsMemory(start + Mark.Length), cancellationToken);
    }

    /// <summary>Copies bytes as base64.</summary>
    public static async Task CopyBase64Async(Stream from, Stream to, CancellationToken cancellationToken)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceBytes);
        byte[] characters = ArrayPool<byte>.Shared.Rent(Base64.GetMaxEncodedToUtf8Length(PieceBytes));
        try
        {
            int count;
            while ((count = await from.ReadAtLeastAsync(bytes.AsMemory(0, PieceBytes), PieceBytes, throwOnEndOfStream: false, cancellationToken)) > 0)
            {
                Base64.EncodeToUtf8(bytes.AsSpan(0, count), characters, out _, out int written);
                await to.WriteAsync(characters.AsMemory(0, written), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<byte>.Shared.Return(characters);
        }
    }
}
