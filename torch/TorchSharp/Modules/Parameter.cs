using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module owns as its weight.</summary>
    public class Parameter : Tensor
    {
        /// <summary>Takes the tensor over, together with its place in a dispose scope: <paramref name="data"/> is invalid afterwards.</summary>
        public Parameter(Tensor data, bool requires_grad = true)
            : base(data.with_requires_grad(requires_grad).TakeHandle(), register: false)
        {
            if (data.OwningDisposeScope is { } scope)
            {
                scope.Forget(data);
                scope.Own(this);
                OwningDisposeScope = scope;
            }
        }

        /// <summary>A wrapper over a reference of its own.</summary>
        internal Parameter(nint handle)
            : base(handle)
        {
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
