using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers. Not safe to draw from on two threads in a reproducible order.</summary>
    public class Generator : IDisposable
    {
        private nint _handle;

        /// <exception cref="System.Runtime.InteropServices.ExternalException">This machine has no such device.</exception>
        public Generator(ulong seed = 0, Device? device = null)
            : this(
                NativeError.Checked(Bridge.bridge_generator_new(seed, (int)(device?.type ?? DeviceType.CPU), device?.index ?? -1)),
                device ?? CPU)
        {
        }

        private Generator(nint handle, Device device)
        {
            _handle = handle;
            this.device = device;
        }

        ~Generator() => Dispose(false);

        /// <summary>The CPU's default generator: what draws that name no generator draw from.</summary>
        public static Generator Default => new(NativeError.Checked(Bridge.bridge_generator_default()), CPU);

        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device { get; }

        /// <summary>Starts the sequence of a seed anew, and returns this generator.</summary>
        public Generator manual_seed(long seed)
        {
            NativeError.ThrowIfFailed(Bridge.bridge_generator_seed(Handle, unchecked((ulong)seed)));
            return this;
        }

        /// <summary>Seeds the generator with something new, and returns it.</summary>
        public long seed()
        {
            long seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => unchecked((long)Bridge.bridge_generator_initial_seed(Handle));

        public Tensor get_state() => new(NativeError.Checked(Bridge.bridge_generator_state(Handle)));

        public void set_state(Tensor value) => NativeError.ThrowIfFailed(Bridge.bridge_generator_set_state(Handle, value.Handle));

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            nint handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0)
            {
                Bridge.bridge_generator_release(handle);
            }
        }
    }

    /// <summary>Seeds the default generators of the CPU and of all GPUs; returns the CPU's.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    /// <summary>The default generator of the CPU.</summary>
    public static partial class random
    {
        public static Generator manual_seed(long seed)
        {
            NativeError.ThrowIfFailed(Bridge.bridge_manual_seed(unchecked((ulong)seed)));
            return Generator.Default;
        }

        public static long initial_seed()
        {
            using Generator generator = Generator.Default;
            return generator.initial_seed();
        }

        public static Tensor get_rng_state()
        {
            using Generator generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using Generator generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
