using System.Diagnostics;
using TorchSharp;

namespace AceStep.Cli.Doctor;

/// <summary>Measures what a song is made of: float32 matrix products.</summary>
internal static class MatrixSpeed
{
    /// <summary>Rows and columns of the measured matrices.</summary>
    public const int Size = 1024;

    private const int Runs = 7;

    /// <summary>The best of several products, in 10^9 operations a second on all threads.</summary>
    public static double MeasureGigaflops(CancellationToken cancellationToken)
    {
        using var inference = torch.inference_mode();
        using torch.Tensor left = torch.ones(Size, Size);
        using torch.Tensor right = torch.ones(Size, Size);
        TimeSpan best = TimeSpan.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            using torch.Tensor product = torch.matmul(left, right);
            TimeSpan time = Stopwatch.GetElapsedTime(started);
            best = time < best ? time : best;
        }

        return 2.0 * Size * Size * Size / best.TotalSeconds / 1e9;
    }
}
