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
