using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Turns waveforms into log-mel spectra: short-time Fourier transforms without centring, their magnitudes through a filter
/// bank, and the logarithm of that.
/// </summary>
/// <remarks>
/// Owns the window and the filter bank and disposes them. May be used from several threads at once, as nothing in it changes.
/// </remarks>
internal sealed class LogMelSpectrogram : IDisposable
{
    // Keeps the magnitude's root, and the logarithm, off zero.
    private const double PowerFloor = 1e-6;
    private const double MelFloor = 1e-5;

    private Tensor _window;
    private Tensor _filterBank;
    private readonly long _windowLength;
    private readonly long _padding;

    /// <summary>Takes over what a spectrum is computed with.</summary>
    /// <param name="window">The analysis window, [N] in float32; N is also the length of the transforms, an even number.</param>
    /// <param name="filterBank">How much of each frequency enters each mel bin, [N / 2 + 1, bins] in float32.</param>
    /// <param name="hopLength">Samples from one frame to the next, less than N by an even number.</param>
    /// <exception cref="ArgumentException">The shapes, types or the hop do not fit together.</exception>
    public LogMelSpectrogram(Tensor window, Tensor filterBank, int hopLength)
    {
        ArgumentNullException.ThrowIfNull(window);
        ArgumentNullException.ThrowIfNull(filterBank);
        ArgumentOutOfRangeException.ThrowIfLessThan(hopLength, 1);
        if (window.dim() != 1 || window.dtype != float32)
        {
            throw new ArgumentException($"The window must be [N] in float32; it is [{string.Join(", ", window.shape)}] in {window.dtype}.", nameof(window));
        }

        _windowLength = window.size(0);
        if (_windowLength % 2 != 0 || _windowLength <= hopLength || (_windowLength - hopLength) % 2 != 0)
        {
            throw new ArgumentException($"The window must be even and longer than the hop by an even number; they are {_windowLength} and {hopLength}.", nameof(window));
        }

        if (filterBank.dim() != 2 || filterBank.size(0) != (_windowLength / 2) + 1 || filterBank.dtype != float32)
        {
            throw new ArgumentException(
                $"The filter bank must be [{(_windowLength / 2) + 1}, bins] in float32 for a window of {_windowLength}; it is [{string.Join(", ", filterBank.shape)}] in {filterBank.dtype}.",
                nameof(filterBank));
        }

        HopLength = hopLength;
        _padding = (_windowLength - hopLength) / 2;
        _window = window.alias().DetachFromDisposeScope();
        _filterBank = filterBank.alias().DetachFromDisposeScope();
        window.Dispose();
        filterBank.Dispose();
    }

    /// <summary>Samples from one frame to the next.</summary>
    public int HopLength { get; }

    /// <summary>Mel bins of a frame.</summary>
    public int Bins => (int)_filterBank.size(1);

    /// <summary>
    /// Lengthens waveforms by their mirror image at both ends, as far as the first and the last frame look beyond them.
    /// </summary>
    /// <param name="waveforms">[channels, samples] in float32; more samples than the padding on one side, (N - hop) / 2.</param>
    /// <returns>[channels, samples + N - hop], for <see cref="Frames"/>.</returns>
    public Tensor Pad(Tensor waveforms)
    {
        ArgumentNullException.ThrowIfNull(waveforms);
        if (waveforms.dim() != 2 || waveforms.size(1) <= _padding || waveforms.dtype != float32)
        {
            throw new ArgumentException(
                $"Waveforms must be [channels, more than {_padding} samples] in float32; they are [{string.Join(", ", waveforms.shape)}] in {waveforms.dtype}.",
                nameof(waveforms));
        }

        using var scope = NewDisposeScope();
        return nn.functional.pad(waveforms.unsqueeze(1), (_padding, _padding), PaddingModes.Reflect).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>The spectra of some frames of a padded waveform. Each frame is computed on its own, whichever are asked for with it.</summary>
    /// <param name="padded">What <see cref="Pad"/> gave.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of frames, at least 1.</param>
    /// <returns>The natural logarithms, [channels, bins, count] in float32.</returns>
    public Tensor Frames(Tensor padded, long first, long count)
    {
        ArgumentNullException.ThrowIfNull(padded);
        using var scope = NewDisposeScope();
        Tensor mel = matmul(Magnitudes(padded, first, count).transpose(1, 2), _filterBank); // [channels, count, bins]
        return mel.AtLeast(MelFloor).log_().transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The log-mel spectra of whole waveforms.</summary>
    /// <param name="waveforms">[channels, samples] in float32; more samples than (N - hop) / 2.</param>
    /// <returns>The natural logarithms, [channels, bins, samples / hop] in float32.</returns>
    public Tensor Compute(Tensor waveforms)
    {
        using Tensor padded = Pad(waveforms);
        return Frames(padded, 0, waveforms.size(1) / HopLength);
    }

    /// <summary>Moves the window and the filter bank to a device. Not while another thread uses this.</summary>
    public void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _window = Move(_window, device);
        _filterBank = Move(_filterBank, device);
    }

    /// <summary>Frees the window and the filter bank.</summary>
    public void Dispose()
    {
        _window.Dispose();
        _filterBank.Dispose();
    }

    /// <summary>The spectra before the filter bank: [channels, N / 2 + 1, count].</summary>
    public Tensor Magnitudes(Tensor padded, long first, long count)
    {
        using var scope = NewDisposeScope();
        // In float64: the original's float32 transforms err by 2e-5 where a frequency is nearly silent, and ours would add to that.
        Tensor samples = padded.narrow(1, first * HopLength, _windowLength + ((count - 1) * HopLength)).to(float64);
        Tensor spectrum = stft(
            samples, _windowLength, HopLength, _windowLength, _window.to(float64), center: false, normalized: false, onesided: true, return_complex: true);
        return spectrum.view_as_real().Squared().sum(-1).AddInPlace(PowerFloor).sqrt_().to(float32).MoveToOuterDisposeScope();
    }

    private static Tensor Move(Tensor tensor, Device device)
    {
        using Tensor before = tensor;
        return before.to(device).DetachFromDisposeScope();
    }
}
