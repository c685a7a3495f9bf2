using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AceStep;

/// <summary>
/// Reads a pipe or a device of Linux that may have nothing to say for as long as it likes: neither opening it nor reading it
/// waits where it cannot be cancelled, as .NET's own streams do. Ends when whoever writes has closed it.
/// </summary>
internal sealed unsafe partial class PatientStream : Stream
{
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short HasData = 1;
    private const int Interrupted = 4;

    /// <summary>Milliseconds between two looks at the token.</summary>
    private const int Patience = 50;

    private readonly SafeFileHandle _handle;
    private readonly FileStream _bytes;
    private readonly CancellationToken _cancellationToken;

    /// <exception cref="IOException">It cannot be opened.</exception>
    private PatientStream(string path, CancellationToken cancellationToken)
    {
        // Opened so, a pipe does not wait for somebody who writes.
        _handle = new SafeFileHandle(OpenFile(path, ReadOnly | NonBlocking | CloseOnExec), ownsHandle: true);
        if (_handle.IsInvalid)
        {
            throw new IOException($"Cannot read {path}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        _bytes = new FileStream(_handle, FileAccess.Read, bufferSize: 0);
        _cancellationToken = cancellationToken;
    }

    /// <summary>Opens a file, a pipe or a device for reading; on Linux, waiting for the latter two can be cancelled.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Stream Open(string path, CancellationToken cancellationToken) =>
        OperatingSystem.IsLinux() && FileKind.IsSpecial(path) ? new PatientStream(path, cancellationToken) : File.OpenRead(path);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="OperationCanceledException">It was cancelled while there was nothing to read.</exception>
    public override int Read(Span<byte> buffer)
    {
        Watched watched = new() { Handle = (int)_handle.DangerousGetHandle(), Wanted = HasData };
        int ready;
        do
        {
            _cancellationToken.ThrowIfCancellationRequested();
            ready = Poll(&watched, 1, Patience);
        }
        while (ready == 0 || (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted));
        return _bytes.Read(buffer);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _bytes.Dispose();
        }

        base.Dispose(disposing);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Watched* watched, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int Handle;
        public short Wanted;
        public short Happened;
    }
}
