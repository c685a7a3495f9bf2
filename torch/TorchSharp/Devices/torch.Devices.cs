using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>A device that holds shapes and no elements.</summary>
    public static readonly Device META = new(DeviceType.META);

    private static Device _defaultDevice = CPU;

    /// <summary>The current GPU.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Device CUDA => InitializeDevice(new Device(DeviceType.CUDA));

    public static Device device(string description) => InitializeDevice(new Device(description));

    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(DeviceType deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(int index) => new(index);

    /// <summary>The device that factories take when none is named.</summary>
    public static Device get_default_device() => _defaultDevice;

    /// <summary>Sets the device that factories take when none is named, for the whole process.</summary>
    public static void set_default_device(Device device) => _defaultDevice = device;

    public static void set_default_device(string device) => _defaultDevice = new Device(device);

    /// <summary>Whether this machine has a device of that kind.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType switch
    {
        DeviceType.CUDA => Bridge.bridge_cuda_available() != 0,
        DeviceType.MPS => false,
        _ => true,
    };

    /// <exception cref="InvalidOperationException">This machine has no device of that kind.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine.");
        }
    }

    /// <summary>The device, or the default one for null.</summary>
    /// <exception cref="InvalidOperationException">This machine has no device of that kind.</exception>
    public static Device InitializeDevice(Device? device)
    {
        device ??= _defaultDevice;
        InitializeDeviceType(device.type);
        return device;
    }

    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>The GPUs, under the names that CUDA's have; ROCm's go by them too.</summary>
    public static partial class cuda
    {
        public static bool is_available() => Bridge.bridge_cuda_available() != 0;

        public static bool is_cudnn_available() => Bridge.bridge_cudnn_available() != 0;

        public static int device_count() => Bridge.bridge_cuda_device_count();

        /// <summary>Waits for everything that was given to a GPU (the current one for null).</summary>
        public static void synchronize(Device? device = null) => NativeError.ThrowIfFailed(Bridge.bridge_cuda_synchronize(device?.index ?? -1));
    }
}
