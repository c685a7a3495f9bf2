using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>Tensors over managed arrays.</summary>
internal static unsafe class SharedMemory
{
    /// <summary>A CPU tensor over an array's own memory; the array is pinned until libtorch lets go of it.</summary>
    /// <exception cref="ArgumentException">The array has fewer elements than the shape.</exception>
    public static torch.Tensor TensorOver(Array array, ReadOnlySpan<long> shape, torch.ScalarType type)
    {
        long needed = 1;
        foreach (long length in shape)
        {
            needed = checked(needed * length);
        }

        if (needed > array.LongLength)
        {
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {needed} vs. {array.LongLength}");
        }

        GCHandle pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        nint handle;
        fixed (long* lengths = shape)
        {
            handle = Bridge.bridge_tensor_over_memory((void*)pin.AddrOfPinnedObject(), lengths, shape.Length, (int)type, &Release, GCHandle.ToIntPtr(pin));
        }

        if (handle == 0)
        {
            pin.Free();
            throw NativeError.Take();
        }

        return new torch.Tensor(handle);
    }

    [UnmanagedCallersOnly]
    private static void Release(nint context) => GCHandle.FromIntPtr(context).Free();
}
