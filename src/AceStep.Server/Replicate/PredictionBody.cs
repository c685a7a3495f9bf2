using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AceStep.Server.Queue;
using AceStep.Server.Storage;

namespace AceStep.Server.Replicate;

/// <summary>
/// A prediction as text. Its clients take only https: and data: addresses for files, so that over plain http the song itself
/// stands in the answer: it is copied piece by piece, and is never in memory as a whole.
/// </summary>
internal sealed class PredictionBody(PredictionView view, PredictionRecord record, IBlobStore blobs, bool isInline)
{
    /// <summary>Three bytes are four characters: pieces of whole threes need no filling.</summary>
    private const int PieceBytes = 3 << 14;

    private static readonly byte[] Placeholder = Encoding.ASCII.GetBytes("__the_song_of_this_prediction__");

    /// <summary>Whether answers over an address have the song in them.</summary>
    public static bool IsInlineFor(string baseUrl) => !baseUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the object.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using Stream? song = isInline && record.Output is { } output ? await blobs.OpenAsync(output.Blob, cancellationToken) : null;
        if (song is null)
        {
            await JsonSerializer.SerializeAsync(stream, view, ReplicateJson.Default.PredictionView, cancellationToken);
            return;
        }

        PredictionView marked = view with { Output = $"data:{record.Output!.ContentType};base64,{Encoding.ASCII.GetString(Placeholder)}" };
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(marked, ReplicateJson.Default.PredictionView);
        // The output stands behind the input, where a client may have put the same words.
        int place = text.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"output\":\"data:{record.Output.ContentType};base64,{Encoding.ASCII.GetString(Placeholder)}\""));
        int start = text.AsSpan(place).IndexOf(Placeholder) + place;
        await stream.WriteAsync(text.AsMemory(0, start), cancellationToken);
        await CopyBase64Async(song, stream, cancellationToken);
        await stream.WriteAsync(text.AsMemory(start + Placeholder.Length), cancellationToken);
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
