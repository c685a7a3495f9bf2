using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>An open libsndfile file over a stream.</summary>
internal sealed unsafe class SoundFileHandle : IDisposable
{
    private readonly VirtualFile _file;
    private GCHandle _fileHandle;
    private nint _pointer;

    /// <exception cref="IOException">The stream failed.</exception>
    /// <exception cref="SoundFileException">libsndfile refused.</exception>
    public SoundFileHandle(Stream stream, int mode, ref Native.Info info)
    {
        _file = new VirtualFile(stream);
        _fileHandle = GCHandle.Alloc(_file);
        Native.VirtualFunctions functions = VirtualFile.Functions;
        using NativeMessages.Scope silence = NativeMessages.Silence();
        fixed (Native.Info* pointer = &info)
        {
            _pointer = Native.OpenVirtual(&functions, mode, pointer, GCHandle.ToIntPtr(_fileHandle));
        }

        if (_pointer == 0)
        {
            string text = TextOf(Native.ErrorText(0)) ?? "";
            _fileHandle.Free();
            _file.ThrowIfFailed();
            throw new SoundFileException(text);
        }
    }

    ~SoundFileHandle() => Close();

    /// <summary>Decodes up to as many frames as there is room for.</summary>
    /// <exception cref="SoundFileException">The file is damaged.</exception>
    public int Read(Span<float> samples, int channels)
    {
        using NativeMessages.Scope silence = NativeMessages.Silence();
        fixed (float* pointer = samples)
        {
            int frames = (int)Native.Read(_pointer, pointer, samples.Length / channels);
            Check();
            return frames;
        }
    }

    /// <summary>Encodes floating-point samples.</summary>
    /// <exception cref="SoundFileException">The encoder failed.</exception>
    public void Write(ReadOnlySpan<float> samples, int channels)
    {
        fixed (float* pointer = samples)
        {
            CheckWritten(Native.Write(_pointer, pointer, samples.Length / channels), samples.Length / channels);
        }
    }

    /// <summary>Encodes integers that fill their 32 bits from the top.</summary>
    /// <exception cref="SoundFileException">The encoder failed.</exception>
    public void Write(ReadOnlySpan<int> samples, int channels)
    {
        fixed (int* pointer = samples)
        {
            CheckWritten(Native.Write(_pointer, pointer, samples.Length / channels), samples.Length / channels);
        }
    }

    /// <summary>The text of a tag, or null.</summary>
    public string? GetString(int kind) => TextOf(Native.GetString(_pointer, kind)) is { Length: > 0 } text ? text : null;

    public void SetString(int kind, string? text)
    {
        if (!string.IsNullOrEmpty(text) && Native.SetString(_pointer, kind, text) != 0)
        {
            Check();
        }
    }

    /// <summary>Sends a command that answers whether it was understood.</summary>
    public void Command(int command, double value) => Command(command, &value, sizeof(double));

    /// <inheritdoc cref="Command(int, double)"/>
    public void Command(int command, int value) => Command(command, &value, sizeof(int));

    /// <summary>Ends the file; a writer's last bytes reach the stream here.</summary>
    /// <exception cref="SoundFileException">libsndfile failed.</exception>
    public void Complete()
    {
        int error = Close();
        _file.ThrowIfFailed();
        if (error != 0)
        {
            throw new SoundFileException($"closing failed with error {error}");
        }
    }

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Command(int command, void* data, int size)
    {
        if (Native.Command(_pointer, command, data, size) == 0)
        {
            throw new SoundFileException($"command 0x{command:X} was refused: {TextOf(Native.ErrorText(_pointer))}");
        }
    }

    private void CheckWritten(long written, long asked)
    {
        Check();
        if (written != asked)
        {
            throw new SoundFileException($"{written} of {asked} frames were written");
        }
    }

    private void Check()
    {
        _file.ThrowIfFailed();
        if (Native.Error(_pointer) != 0)
        {
            throw new SoundFileException(TextOf(Native.ErrorText(_pointer)) ?? "");
        }
    }

    private int Close()
    {
        int error = 0;
        if (_pointer != 0)
        {
            using NativeMessages.Scope silence = NativeMessages.Silence();
            error = Native.Close(_pointer);
            _pointer = 0;
            _fileHandle.Free();
        }

        return error;
    }

    private static string? TextOf(byte* text) => Marshal.PtrToStringUTF8((nint)text)?.TrimEnd(' ', '.');
}

/// <summary>libsndfile failed; the reader or writer that meets it says in which file.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1032", Justification = "Never leaves this namespace.")]
internal sealed class SoundFileException(string message) : Exception(message);

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
