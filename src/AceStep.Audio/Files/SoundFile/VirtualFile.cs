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
    private readonly long _origin = stream.Position;
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
    private static long Length(nint userData) => Of(userData).Try(0, static (stream, origin, _, _) => stream.Length - origin);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Tell(nint userData) => Of(userData).Try(0, static (stream, origin, _, _) => stream.Position - origin);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Seek(long offset, int whence, nint userData) => Of(userData).Try(
        offset,
        static (stream, origin, offset, whence) =>
        {
            long start = (int)whence switch { 0 => origin, 1 => stream.Position, _ => stream.Length };
            // Damaged files ask for places before the start; that is an answer, not a failure of the stream.
            if (offset > long.MaxValue - start || start + offset < origin)
            {
                return -1;
            }

            stream.Position = start + offset;
            return stream.Position - origin;
        },
        whence);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Read(void* bytes, long count, nint userData) => Of(userData).Try(
        count,
        static (stream, _, count, bytes) =>
        {
            var span = new Span<byte>((void*)bytes, (int)Math.Clamp(count, 0, int.MaxValue));
            return stream.ReadAtLeast(span, span.Length, throwOnEndOfStream: false);
        },
        (nint)bytes,
        failed: 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Write(void* bytes, long count, nint userData) => Of(userData).Try(
        count,
        static (stream, _, count, bytes) =>
        {
            stream.Write(new ReadOnlySpan<byte>((void*)bytes, checked((int)count)));
            return count;
        },
        (nint)bytes,
        failed: 0);

    private static VirtualFile Of(nint userData) => (VirtualFile)GCHandle.FromIntPtr(userData).Target!;

    private long Try(long argument, Func<Stream, long, long, nint, long> operation, nint more = 0, long failed = -1)
    {
        if (_failure is not null)
        {
            return failed;
        }

        try
        {
            return operation(stream, _origin, argument, more);
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
