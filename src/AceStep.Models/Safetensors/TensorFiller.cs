using TorchSharp;

namespace AceStep.Models;

/// <summary>Copies stored bytes into tensors, in pieces, so that no tensor is ever held a second time.</summary>
internal static class TensorFiller
{
    // Small beside any model, large beside what a piece costs. A span, and so a piece, could not exceed 2 GiB anyway.
    private const long PieceBytes = 16 << 20;

    /// <summary>Copies the stored bytes from an offset on.</summary>
    public delegate void PieceReader(long offset, Span<byte> target);

    /// <summary>Fills a tensor, converting where its type, device or layout is not that of the stored bytes.</summary>
    /// <param name="destination">The tensor; its element count is that of the stored one.</param>
    /// <param name="type">The type of the stored elements, which are in row-major order.</param>
    /// <param name="read">Copies stored bytes.</param>
    public static void Fill(torch.Tensor destination, torch.ScalarType type, PieceReader read)
    {
        if (destination.numel() == 0)
        {
            return;
        }

        using var noGrad = torch.no_grad();
        using torch.Tensor rows = destination.is_contiguous() ? destination.view(-1) : destination.alias();
        if (destination.is_contiguous() && destination.dtype == type && destination.device_type == DeviceType.CPU)
        {
            CopyRows(rows, type, read);
            return;
        }

        long stagedElements = Math.Min(destination.numel(), PieceBytes / SafetensorsType.SizeOf(type));
        using torch.Tensor staging = torch.empty([stagedElements], dtype: type, device: torch.CPU);
        ConvertRows(rows, staging, read, offset: 0);
    }

    private static void CopyRows(torch.Tensor elements, torch.ScalarType type, PieceReader read)
    {
        int size = SafetensorsType.SizeOf(type);
        long count = elements.size(0);
        for (long start = 0, taken; start < count; start += taken)
        {
            taken = Math.Min(PieceBytes / size, count - start);
            using torch.Tensor piece = elements.narrow(0, start, taken);
            read(start * size, piece.bytes);
        }
    }

    private static void ConvertRows(torch.Tensor rows, torch.Tensor staging, PieceReader read, long offset)
    {
        long count = rows.size(0);
        long rowElements = rows.numel() / count;
        int size = SafetensorsType.SizeOf(staging.dtype);
        long rowsPerPiece = staging.numel() / rowElements;
        if (rowsPerPiece == 0)
        {
            for (long index = 0; index < count; index++)
            {
                using torch.Tensor row = rows.select(0, index);
                ConvertRows(row, staging, read, offset + (index * rowElements * size));
            }

            return;
        }

        for (long start = 0, taken; start < count; start += taken)
        {
            taken = Math.Min(rowsPerPiece, count - start);
            using torch.Tensor stored = staging.narrow(0, 0, taken * rowElements);
            read(offset + (start * rowElements * size), stored.bytes);
            using torch.Tensor piece = rows.narrow(0, start, taken);
            using torch.Tensor shaped = stored.view(piece.shape);
            piece.copy_(shaped);
        }
    }
}
