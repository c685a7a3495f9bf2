using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A reference to one of libtorch's tensors. Created tensors belong to the thread's innermost dispose scope, if there is one; what
    /// nobody disposes of is released when it is finalised. Safe to read from several threads; changes and disposal are the caller's to order.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;

        private nint _handle;

        /// <summary>Takes over a reference to a native tensor.</summary>
        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            long total = Interlocked.Increment(ref _totalCount);
            for (long peak = _peakCount; total > peak;)
            {
                long found = Interlocked.CompareExchange(ref _peakCount, total, peak);
                if (found == peak)
                {
                    break;
                }

                peak = found;
            }

            if (register)
            {
                OwningDisposeScope = DisposeScopeManager.OfThread.Register(this);
            }
        }

        ~Tensor() => Dispose(false);

        /// <summary>How many tensors of the process are alive.</summary>
        public static long TotalCount => Interlocked.Read(ref _totalCount);

        /// <summary>The highest that <see cref="TotalCount"/> has been.</summary>
        public static long PeakCount => Interlocked.Read(ref _peakCount);

        public string? name { get; set; }

        /// <summary>Whether the tensor was disposed of or given away.</summary>
        public bool IsInvalid => _handle == 0;

        /// <exception cref="InvalidOperationException">The tensor was disposed of.</exception>
        public IntPtr Handle => _handle != 0 ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        internal DisposeScope? OwningDisposeScope { get; set; }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Gives the tensor to the scope that encloses its own, or to nobody where there is none.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of its scope: its holder disposes of it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Gives the tensor to the scope that owns another one.</summary>
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        /// <summary>Gives the tensor to a scope, or to nobody for null.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } scope)
            {
                scope.MoveToOther(other, this);
            }
            else
            {
                other?.Attach(this);
            }

            return this;
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Whether both have the same shape and equal elements: the host waits for the answer.</summary>
        public bool Equals(Tensor? target)
        {
            if (target is null)
            {
                return false;
            }

            HostReads.Note();
            return Aten.Equal.CallForValue(this, target) != 0;
        }

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        protected virtual void Dispose(bool disposing)
        {
            nint handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0)
            {
                DisposeScopeManager.OfThread.NoteDisposal(this);
                OwningDisposeScope?.Forget(this);
                Interlocked.Decrement(ref _totalCount);
                Bridge.bridge_tensor_release(handle);
            }
        }

        /// <summary>Gives the reference away: this wrapper becomes invalid without releasing it.</summary>
        internal nint TakeHandle()
        {
            nint handle = Handle;
            _handle = 0;
            Interlocked.Decrement(ref _totalCount);
            return handle;
        }
    }
}
