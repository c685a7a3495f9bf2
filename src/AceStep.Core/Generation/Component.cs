using TorchSharp;

namespace AceStep.Generation;

/// <summary>
/// A part of the model that is borrowed for each use. Afterwards it is kept on the device, moved to the host's memory, or
/// dropped, as its <see cref="Residence"/> says.
/// </summary>
/// <remarks>
/// Parts are read and moved outside inference mode, even in the middle of a generation: tensors created in inference mode
/// cannot be changed outside it later, which loading a LoRA has to do.
/// </remarks>
/// <param name="residence">Where the part is kept between its uses.</param>
/// <param name="device">The device on which it computes.</param>
/// <param name="storedBytes">The number of bytes that are read from the checkpoint to load it.</param>
/// <param name="load">Reads it from the checkpoint onto a device, and reports the bytes read so far.</param>
/// <param name="move">Moves it to a device.</param>
internal sealed class Component<T>(
    Residence residence,
    torch.Device device,
    long storedBytes,
    Func<torch.Device, IProgress<long>, CancellationToken, T> load,
    Action<T, torch.Device> move) : IDisposable
    where T : class, IDisposable
{
    private T? _value;

    /// <summary>The part, wherever it is now; null while it is dropped.</summary>
    public T? Resident => _value;

    /// <summary>Whether this part is read when the pipeline is loaded, not at its first use.</summary>
    public bool LoadsEarly => residence != Residence.Dropped;

    /// <summary>The number of bytes that are read from the checkpoint to load the part.</summary>
    public long StoredBytes => storedBytes;

    /// <summary>Reads the part to the place where it is kept between its uses.</summary>
    public void Preload(IProgress<long> bytesRead, CancellationToken cancellationToken) =>
        _value ??= Load(residence == Residence.Host ? torch.CPU : device, bytesRead, cancellationToken);

    /// <summary>Brings the part onto the device, where it stays until the lease is disposed of.</summary>
    /// <param name="progress">Receives the bytes read, if the part has to be read; may be null.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public Lease Borrow(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        if (_value is null)
        {
            StageProgress loading = new(progress, MusicStage.Loading, storedBytes, cancellationToken);
            _value = Load(device, loading.From(0), cancellationToken);
            loading.AdvanceTo(storedBytes);
        }
        else if (residence == Residence.Host)
        {
            Move(_value, device);
        }

        return new Lease(this, _value);
    }

    /// <summary>Frees the part; it is read again for its next use.</summary>
    public void Drop()
    {
        _value?.Dispose();
        _value = null;
    }

    public void Dispose() => Drop();

    private T Load(torch.Device target, IProgress<long> bytesRead, CancellationToken cancellationToken)
    {
        using var normal = torch.inference_mode(false);
        return load(target, bytesRead, cancellationToken);
    }

    private void Move(T value, torch.Device target)
    {
        using var normal = torch.inference_mode(false);
        move(value, target);
    }

    private void Return()
    {
        switch (residence)
        {
            case Residence.Host when _value is not null:
                Move(_value, torch.CPU);
                break;
            case Residence.Dropped:
                Drop();
                break;
        }
    }

    /// <summary>A part in use; disposing of the lease ends the use.</summary>
    public readonly struct Lease(Component<T> component, T value) : IDisposable
    {
        public T Value { get; } = value;

        public void Dispose() => component.Return();
    }
}
