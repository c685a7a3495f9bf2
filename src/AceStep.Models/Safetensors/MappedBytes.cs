using System.IO.MemoryMappedFiles;

namespace AceStep.Models;

/// <summary>A part of a mapped file while it is looked at. Disposing it unmaps the part, so that it no longer counts as memory in use.</summary>
internal readonly unsafe ref struct MappedBytes
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _count;

    /// <summary>Maps a part that is not empty.</summary>
    public MappedBytes(MemoryMappedFile file, long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _view = file.CreateViewAccessor(offset, count, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        _count = count;
    }

    /// <summary>The bytes; not to be touched after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Span => new(_start, _count);

    /// <summary>Unmaps the part.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
