using TorchSharp;

namespace AceStep.Generation;

/// <summary>
/// A part of the model that comes and goes as its <see cref="Residence"/> says: borrowed for each use, and after it kept,
/// moved to the host, or dropped.
/// </summary>
/// <remarks>
/// Parts are read and moved outside inference mode, in the midst of a generation too: weights made within it could not be
/// changed outside it any more, as loading a LoRA does.
/// </remarks>
/// <param name="residence">Where the part is between its uses.</param>
/// <param name="device">Where it works.</param>
/// <param name="storedBytes">The bytes that reading it takes from the checkpoint.</param>
/// <param name="load">Reads it from the checkpoint onto a device, and tells the bytes read so far.</param>
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

    /// <summary>The part where it is now; null while it is dropped.</summary>
    public T? Resident => _value;

    /// <summary>Whether loading a checkpoint reads this part at once.</summary>
    public bool LoadsEarly => residence != Residence.Dropped;

    /// <summary>The bytes that reading the part takes from the checkpoint.</summary>
    public long StoredBytes => storedBytes;

    /// <summary>Reads the part to where it waits for its first use.</summary>
    public void Preload(IProgress<long> bytesRead, CancellationToken cancellationToken) =>
        _value ??= Load(residence == Residence.Host ? torch.CPU : device, bytesRead, cancellationToken);

    /// <summary>Has the part on the device until the lease is disposed of.</summary>
    /// <param name="progress">Told of the bytes read where the part is not there; null for nobody.</param>
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

    /// <summary>Forgets the part; it is read again for its next use.</summary>
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

    /// <summary>The use of a part.</summary>
    public readonly struct Lease(Component<T> component, T value) : IDisposable
    {
        public T Value { get; } = value;

        public void Dispose() => component.Return();
    }
}
