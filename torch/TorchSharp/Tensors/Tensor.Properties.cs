using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public long Dimensions => Bridge.bridge_tensor_dimensions(Handle);

        public long ndim => Dimensions;

        public long NumberOfElements => Bridge.bridge_tensor_element_count(Handle);

        /// <summary>Bytes per element.</summary>
        public long ElementSize => Bridge.bridge_tensor_element_size(Handle);

        public unsafe long[] shape
        {
            get
            {
                var values = new long[Dimensions];
                fixed (long* start = values)
                {
                    Bridge.bridge_tensor_shape(Handle, start);
                }

                return values;
            }
        }

        public ScalarType dtype => (ScalarType)Bridge.bridge_tensor_type(Handle);

        public Device device => new(device_type, device_index);

        public unsafe DeviceType device_type
        {
            get
            {
                int index;
                return (DeviceType)Bridge.bridge_tensor_device(Handle, &index);
            }
        }

        /// <summary>The device's index; -1 on the CPU.</summary>
        public unsafe int device_index
        {
            get
            {
                int index;
                _ = Bridge.bridge_tensor_device(Handle, &index);
                return index;
            }
        }

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_sparse => Bridge.bridge_tensor_is_sparse(Handle) != 0;

        public bool is_leaf => Bridge.bridge_tensor_is_leaf(Handle) != 0;

        public bool requires_grad
        {
            get => Bridge.bridge_tensor_requires_grad(Handle) != 0;
            set => NativeError.ThrowIfFailed(Bridge.bridge_tensor_set_requires_grad(Handle, value ? 1 : 0));
        }

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long[] size() => shape;

        public long size(int dim)
        {
            long length = Bridge.bridge_tensor_size(Handle, dim);
            NativeError.ThrowIfFailed(length);
            return length;
        }

        public unsafe long[] stride()
        {
            var values = new long[Dimensions];
            fixed (long* start = values)
            {
                NativeError.ThrowIfFailed(Bridge.bridge_tensor_strides(Handle, start));
            }

            return values;
        }

        public long stride(int dim)
        {
            long step = Bridge.bridge_tensor_stride(Handle, dim);
            NativeError.ThrowIfFailed(step);
            return step;
        }

        public long storage_offset()
        {
            long offset = Bridge.bridge_tensor_storage_offset(Handle);
            NativeError.ThrowIfFailed(offset);
            return offset;
        }

        public bool is_contiguous() => Bridge.bridge_tensor_is_contiguous(Handle) != 0;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>Sets the flag on this tensor and returns it.</summary>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);
    }
}
