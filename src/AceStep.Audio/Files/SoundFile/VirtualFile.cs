using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>
/// A stream as libsndfile sees it, from where it stood when it was opened. Exceptions must not pass through
/// native frames: they are kept, the call fails, and the managed caller throws them afterwards.
/// </summary>
internal sealed unsafe class VirtualFile(Stream stream)
{
    private readonly Stream _stream = stream;
    private readonly long _origin = stream.Position;
    private long _position;
    private ExceptionDispatchInfo? _failure;

    public static Native.VirtualFunctions Functions => new()
    {
        Length = &Length,
        Seek = &Seek,
        Read = &Read,
        Write = &Write,
        Tell = &Tell,
    };

    public void ThrowIfFailed() => _failure?.Throw();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Length(nint userData) => Of(userData).Try(-1, static file => file._stream.Length - file._origin);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Tell(nint userData) => Of(userData)._position;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Seek(long offset, int whence, nint userData) => Of(userData).Try(-1, file => file.Seek(offset, whence));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Read(void* bytes, long count, nint userData) => Of(userData).Try(0, file => file.Read(bytes, count));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Write(void* bytes, long count, nint userData) => Of(userData).Try(0, file => file.Write(bytes, count));

    /// <summary>Damaged files ask for places outside the file: before the start is refused, after the end there is nothing to read.</summary>
    private long Seek(long offset, int whence)
    {
        long start = whence switch { 0 => 0, 1 => _position, _ => _stream.Length - _origin };
        if (offset > long.MaxValue - start - _origin || start + offset < 0)
        {
            return -1;
        }

        _position = start + offset;
        return _position;
    }

    private long Read(void* bytes, long count)
    {
        if (_position >= _stream.Length - _origin)
        {
            return 0;
        }

        SetPosition();
        var span = new Span<byte>(bytes, (int)Math.Clamp(count, 0, int.MaxValue));
        int read = _stream.ReadAtLeast(span, span.Length, throwOnEndOfStream: false);
        _position += read;
        return read;
    }

    private long Write(void* bytes, long count)
    {
        SetPosition();
        _stream.Write(new ReadOnlySpan<byte>(bytes, checked((int)count)));
        _position += count;
        return count;
    }

    /// <summary>Only where it differs, because setting it empties a file's buffer.</summary>
    private void SetPosition()
    {
        if (_stream.Position != _origin + _position)
        {
            _stream.Position = _origin + _position;
        }
    }

    private static VirtualFile Of(nint userData) => (VirtualFile)GCHandle.FromIntPtr(userData).Target!;

    private long Try(long failed, Func<VirtualFile, long> operation)
    {
        if (_failure is not null)
        {
            return failed;
        }

        try
        {
            return operation(this);
        }
#pragma warning disable CA1031 // Whatever a stream throws must not reach native code; ThrowIfFailed throws it again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            return failed;
        }
    }
}
