using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Marks a module that has neither parameters nor buffers.</summary>
    public interface IParameterLessModule
    {
    }

    /// <summary>A module that has neither parameters nor buffers.</summary>
    public abstract class ParameterLessModule<T1, TResult> : nn.Module<T1, TResult>, IParameterLessModule
    {
        protected ParameterLessModule(string name)
            : base(name)
        {
        }
    }

    public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
    {
        internal SiLU(bool inplace)
            : base(nameof(SiLU))
        {
            this.inplace = inplace;
        }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => nn.functional.silu(tensor, inplace);
    }

    public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
    {
        internal ReLU(bool inplace)
            : base(nameof(ReLU))
        {
            this.inplace = inplace;
        }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => nn.functional.relu(tensor, inplace);
    }

    public sealed class GELU : ParameterLessModule<Tensor, Tensor>
    {
        internal GELU(Approximate approximate)
            : base(nameof(GELU))
        {
            this.approximate = approximate;
        }

        /// <summary>The exact function, or its approximation by tanh.</summary>
        public enum Approximate
        {
            none,
            tanh,
        }

        public Approximate approximate { get; set; }

        public override Tensor forward(Tensor tensor) => nn.functional.gelu(tensor, approximate);
    }

    /// <summary>Its input, through a wrapper of its own.</summary>
    public sealed class Identity : ParameterLessModule<Tensor, Tensor>
    {
        internal Identity()
            : base(nameof(Identity))
        {
        }

        public override Tensor forward(Tensor tensor) => tensor.alias();
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.SiLU SiLU() => new(false);

            public static Modules.SiLU SiLU(bool inplace) => new(inplace);

            public static Modules.ReLU ReLU(bool inplace = false) => new(inplace);

            public static Modules.GELU GELU() => new(Modules.GELU.Approximate.none);

            public static Modules.Identity Identity() => new();
        }
    }
}
