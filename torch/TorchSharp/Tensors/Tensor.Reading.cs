using TorchSharp.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    // What leaves a tensor for managed memory. Each of these is counted as a read by the host.
    public partial class Tensor
    {
        /// <summary>The bytes of a contiguous CPU tensor, in place: valid while the tensor is alive.</summary>
        /// <exception cref="InvalidOperationException">Not on the CPU, not contiguous, or of more bytes than a span can hold.</exception>
        public unsafe Span<byte> bytes
        {
            get
            {
                HostReads.Note();
                return new Span<byte>(RequireBytes(), CheckedLength());
            }

            set
            {
                if (value.Length != NumberOfElements * ElementSize)
                {
                    throw new ArgumentException($"A tensor of {NumberOfElements * ElementSize} bytes cannot be set to {value.Length} bytes.", nameof(value));
                }

                value.CopyTo(new Span<byte>(RequireBytes(), value.Length));
            }
        }

        /// <summary>The only element of a tensor.</summary>
        /// <exception cref="ArgumentException">The type is not the tensor's, or the tensor has more elements than one.</exception>
        public T item<T>()
            where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"only one element tensors can be converted to Scalars, not one with the shape [{string.Join(", ", shape)}]");
            }

            ElementTypes.Require<T>(dtype);
            using Tensor host = cpu();
            return ReadFirst<T>(host);
        }

        /// <summary>The only element of a tensor, as a number.</summary>
        public Scalar ToScalar()
        {
            HostReads.Note();
            ScalarKind kind = is_floating_point() ? ScalarKind.Double : dtype == ScalarType.Bool ? ScalarKind.Bool : ScalarKind.Int64;
            return Scalar.OfBits(kind, Aten.Item.CallForValue(this));
        }

        /// <summary>The elements of a CPU tensor, in the order of its indices.</summary>
        /// <exception cref="InvalidOperationException">The tensor is not on the CPU.</exception>
        /// <exception cref="ArgumentException">The type is not the tensor's.</exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            ElementTypes.Require<T>(dtype);
            HostReads.Note();
            return new TensorAccessor<T>(this);
        }

        /// <summary>Writes the bytes of a contiguous CPU tensor.</summary>
        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            HostReads.Note();
            byte* position = RequireBytes();
            for (long left = NumberOfElements * ElementSize; left > 0;)
            {
                int part = (int)Math.Min(left, bufferSize);
                stream.Write(new ReadOnlySpan<byte>(position, part));
                position += part;
                left -= part;
            }

            GC.KeepAlive(this);
        }

        /// <summary>Fills a contiguous CPU tensor with bytes.</summary>
        /// <exception cref="EndOfStreamException">The stream has too few.</exception>
        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            byte* position = RequireBytes();
            for (long left = NumberOfElements * ElementSize; left > 0;)
            {
                int part = (int)Math.Min(left, bufferSize);
                stream.ReadExactly(new Span<byte>(position, part));
                position += part;
                left -= part;
            }

            GC.KeepAlive(this);
        }

        internal unsafe void* DataPointer()
        {
            void* start = Bridge.bridge_tensor_data(Handle);
            if (start == null && NativeError.TakeMessage() is { } message)
            {
                throw new System.Runtime.InteropServices.ExternalException(message);
            }

            return start;
        }

        private static unsafe T ReadFirst<T>(Tensor host)
            where T : unmanaged => *(T*)host.DataPointer();

        private unsafe byte* RequireBytes()
        {
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }

            if (!is_contiguous())
            {
                throw new InvalidOperationException("The bytes of a tensor that is not contiguous cannot be read or set. Call 'contiguous()' first.");
            }

            return (byte*)DataPointer();
        }

        private int CheckedLength()
        {
            long length = NumberOfElements * ElementSize;
            return length <= int.MaxValue
                ? (int)length
                : throw new ArgumentException($"A tensor of {length} bytes does not fit into a span; take parts of it.");
        }
    }
}
