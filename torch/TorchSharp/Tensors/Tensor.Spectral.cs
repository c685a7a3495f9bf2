using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The short-time Fourier transform; lengths of -1 take their usual values (hop n_fft / 4, window n_fft).</summary>
        public Tensor stft(
            long n_fft,
            long hop_length = -1,
            long win_length = -1,
            Tensor? window = null,
            bool center = true,
            PaddingModes pad_mode = PaddingModes.Reflect,
            bool normalized = false,
            bool? onesided = null,
            bool? return_complex = null) =>
            Aten.StftCenter.Call(this, n_fft, OrNone(hop_length), OrNone(win_length), window, center, nn.functional.NameOf(pad_mode), normalized, onesided, return_complex);

        private static Argument OrNone(long length) => length == -1 ? Argument.None : length;
    }

    public static Tensor stft(
        Tensor input,
        long n_fft,
        long hop_length = -1,
        long win_length = -1,
        Tensor? window = null,
        bool center = true,
        PaddingModes pad_mode = PaddingModes.Reflect,
        bool normalized = false,
        bool? onesided = null,
        bool? return_complex = null) =>
        input.stft(n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex);

    public static Tensor hann_window(long len, bool periodic = true, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Aten.HannWindowPeriodic.Call(len, periodic, dtype ?? get_default_dtype(), Argument.None, InitializeDevice(device)).requires_grad_(requires_grad);
}
