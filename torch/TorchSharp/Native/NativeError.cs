using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp.Native;

/// <summary>Turns the bridge's failures into the exception that TorchSharp throws for them.</summary>
internal static class NativeError
{
    /// <summary>Throws the thread's pending error: libtorch's own text, with its native stack.</summary>
    public static ExternalException Take() => new(TakeMessage() ?? "libtorch failed without a message.");

    /// <summary>Throws if the bridge answered with its number for failure.</summary>
    public static void ThrowIfFailed(long answer)
    {
        if (answer == -1)
        {
            throw Take();
        }
    }

    /// <summary>The same handle, unless it is the bridge's answer for failure.</summary>
    public static nint Checked(nint handle) => handle != 0 ? handle : throw Take();

    /// <summary>The thread's pending message, or null where nothing failed.</summary>
    public static unsafe string? TakeMessage()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            long length;
            fixed (byte* start = buffer)
            {
                length = Bridge.bridge_take_error(start, buffer.Length);
            }

            if (length <= buffer.Length)
            {
                return length == 0 ? null : Encoding.UTF8.GetString(buffer, 0, (int)length);
            }

            buffer = new byte[length];
        }
    }
}
