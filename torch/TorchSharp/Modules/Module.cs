using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// Part of a model: names and owns parameters, buffers and further modules, and disposes of them with itself. The fields of a derived
        /// class are registered by <see cref="RegisterComponents"/>, which its constructor calls last.
        /// </summary>
        public partial class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Module> _modules = [];
            private readonly OrderedDictionary<string, Parameter> _parameters = [];
            private readonly OrderedDictionary<string, (Tensor Buffer, bool Persistent)> _buffers = [];
            private bool _componentsRegistered;
            private bool _disposed;

            protected Module(string name)
            {
                this.name = name;
            }

            /// <summary>What <see cref="GetName"/> answers.</summary>
            protected string? name;

            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => name ?? GetType().Name;

            /// <summary>Sets whether this module and all below it are being trained.</summary>
            public virtual void train(bool train = true)
            {
                training = train;
                foreach (Module module in children())
                {
                    module.train(train);
                }
            }

            public virtual void eval() => train(false);

            /// <summary>Calls a function on every module below this one, and on this one last.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach (Module module in children())
                {
                    module.apply(fn);
                }

                fn(this);
                return this;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || _disposed)
                {
                    return;
                }

                _disposed = true;
                foreach ((Tensor buffer, _) in _buffers.Values)
                {
                    buffer.Dispose();
                }

                foreach (Parameter parameter in _parameters.Values)
                {
                    parameter.Dispose();
                }

                foreach (Module module in _modules.Values)
                {
                    module.Dispose();
                }
            }
        }
    }
}
