using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>The C functions of torch/bridge; what each returns on failure is said there.</summary>
internal static unsafe partial class Bridge
{
    private const string Library = NativeLibraries.BridgeName;

    static Bridge() => NativeLibraries.LoadOnFirstCall();

    [LibraryImport(Library)]
    public static partial long bridge_take_error(byte* buffer, long capacity);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint bridge_find_operator(string name, string overload);

    [LibraryImport(Library)]
    public static partial long bridge_call(nint operation, NativeArgument* arguments, int count, long* results, long capacity);

    [LibraryImport(Library)]
    public static partial void bridge_take_results(long* results);

    [LibraryImport(Library)]
    public static partial void bridge_tensor_retain(nint tensor);

    [LibraryImport(Library)]
    public static partial void bridge_tensor_release(nint tensor);

    // The functions below answer from the tensor's header in nanoseconds and never call back.
    [LibraryImport(Library), SuppressGCTransition]
    public static partial long bridge_tensor_dimensions(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long bridge_tensor_element_count(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long bridge_tensor_element_size(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void bridge_tensor_shape(nint tensor, long* values);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int bridge_tensor_type(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int bridge_tensor_device(nint tensor, int* index);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_strides(nint tensor, long* values);

    [LibraryImport(Library)]
    public static partial long bridge_tensor_size(nint tensor, long dimension);

    [LibraryImport(Library)]
    public static partial long bridge_tensor_stride(nint tensor, long dimension);

    [LibraryImport(Library)]
    public static partial long bridge_tensor_storage_offset(nint tensor);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_is_contiguous(nint tensor);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_is_sparse(nint tensor);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_requires_grad(nint tensor);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_set_requires_grad(nint tensor, int value);

    [LibraryImport(Library)]
    public static partial int bridge_tensor_is_leaf(nint tensor);

    [LibraryImport(Library)]
    public static partial nint bridge_tensor_grad(nint tensor);

    [LibraryImport(Library)]
    public static partial void* bridge_tensor_data(nint tensor);

    [LibraryImport(Library)]
    public static partial nint bridge_tensor_over_memory(
        void* data, long* shape, int dimensions, int type, delegate* unmanaged<nint, void> release, nint context);

    [LibraryImport(Library)]
    public static partial byte* bridge_version();

    [LibraryImport(Library)]
    public static partial int bridge_grad_enabled();

    [LibraryImport(Library)]
    public static partial void bridge_set_grad_enabled(int enabled);

    [LibraryImport(Library)]
    public static partial int bridge_inference_mode_enabled();

    [LibraryImport(Library)]
    public static partial nint bridge_inference_mode_enter(int enabled);

    [LibraryImport(Library)]
    public static partial void bridge_inference_mode_leave(nint guard);

    [LibraryImport(Library)]
    public static partial void bridge_keep_freed_memory();

    [LibraryImport(Library)]
    public static partial int bridge_threads();

    [LibraryImport(Library)]
    public static partial int bridge_set_threads(int count);

    [LibraryImport(Library)]
    public static partial int bridge_interop_threads();

    [LibraryImport(Library)]
    public static partial int bridge_set_interop_threads(int count);

    [LibraryImport(Library)]
    public static partial int bridge_cuda_available();

    [LibraryImport(Library)]
    public static partial int bridge_cudnn_available();

    [LibraryImport(Library)]
    public static partial int bridge_cuda_device_count();

    [LibraryImport(Library)]
    public static partial int bridge_cuda_synchronize(long device);

    [LibraryImport(Library)]
    public static partial nint bridge_generator_new(ulong seed, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    public static partial nint bridge_generator_default();

    [LibraryImport(Library)]
    public static partial void bridge_generator_release(nint generator);

    [LibraryImport(Library)]
    public static partial int bridge_manual_seed(ulong seed);

    [LibraryImport(Library)]
    public static partial int bridge_generator_seed(nint generator, ulong seed);

    [LibraryImport(Library)]
    public static partial ulong bridge_generator_initial_seed(nint generator);

    [LibraryImport(Library)]
    public static partial nint bridge_generator_state(nint generator);

    [LibraryImport(Library)]
    public static partial int bridge_generator_set_state(nint generator, nint state);
}
