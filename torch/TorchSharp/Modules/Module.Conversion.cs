using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Replaces the parameters and persistent buffers of this module and of all below it, in their fields as well; whole numbers keep their type.</summary>
            internal void Convert(ScalarType? dtype, Device? device, bool non_blocking)
            {
                if (dtype is { } type && !is_floating_point(type) && !is_complex(type))
                {
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={type}");
                }

                if (device is not null)
                {
                    InitializeDevice(device);
                }

                foreach (Module module in children())
                {
                    module.Convert(dtype, device, non_blocking);
                }

                using IDisposable noGradients = no_grad();
                foreach ((string key, Parameter parameter) in named_parameters(recurse: false).ToArray())
                {
                    if (Converted(parameter, dtype, device, non_blocking) is { } converted)
                    {
                        var replacement = new Parameter(converted, parameter.requires_grad);
                        replacement.DetachFromDisposeScope();
                        SetField(parameter, replacement);
                        _parameters[key] = replacement;
                        parameter.Dispose();
                    }
                }

                foreach ((string key, Tensor buffer) in named_buffers(recurse: false).ToArray())
                {
                    if (Converted(buffer, dtype, device, non_blocking) is { } replacement)
                    {
                        replacement.DetachFromDisposeScope();
                        SetField(buffer, replacement);
                        _buffers[key] = (replacement, true);
                        buffer.Dispose();
                    }
                }
            }

            // Null where the tensor is already as it should be.
            private static Tensor? Converted(Tensor tensor, ScalarType? dtype, Device? device, bool non_blocking)
            {
                bool real = is_floating_point(tensor.dtype) || is_complex(tensor.dtype);
                ScalarType type = real ? dtype ?? tensor.dtype : tensor.dtype;
                bool moves = device is not null && (device.type != tensor.device_type || (device.index != -1 && device.index != tensor.device_index));
                return moves || type != tensor.dtype ? tensor.to(type, device ?? tensor.device, non_blocking: non_blocking) : null;
            }

            private void SetField(Tensor before, Tensor after)
            {
                foreach (FieldInfo field in FieldsOf(GetType()))
                {
                    if (ReferenceEquals(field.GetValue(this), before))
                    {
                        field.SetValue(this, after);
                    }
                }
            }
        }
    }
}

/// <summary>Changes the element type and the device of whole modules, in place; each returns its module.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, type, null, non_blocking);

    public static T to<T>(this T module, torch.Device device, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, type, device, non_blocking);

    public static T to<T>(this T module, torch.Device device, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, null, device, non_blocking);

    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, null, new torch.Device(deviceType, deviceIndex), non_blocking);

    public static T to<T>(this T module, string device, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, null, new torch.Device(device), non_blocking);

    public static T cpu<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, null, torch.CPU, non_blocking);

    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, null, new torch.Device(DeviceType.CUDA, deviceIndex), non_blocking);

    public static T half<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, torch.ScalarType.Float16, null, non_blocking);

    public static T bfloat16<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, torch.ScalarType.BFloat16, null, non_blocking);

    public static T @float<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, torch.ScalarType.Float32, null, non_blocking);

    public static T @double<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => Converted(module, torch.ScalarType.Float64, null, non_blocking);

    private static T Converted<T>(T module, torch.ScalarType? type, torch.Device? device, bool non_blocking)
        where T : torch.nn.Module
    {
        module.Convert(type, device, non_blocking);
        return module;
    }
}
