using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The thread's innermost scope; null outside of all.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.OfThread.CurrentDisposeScope;

    /// <summary>Opens a scope on this thread; dispose of it on the same thread, innermost first.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.Enter();

    /// <summary>Runs an expression in a scope of its own and hands its result to the enclosing one.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using DisposeScope scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static bool is_grad_enabled() => Bridge.bridge_grad_enabled() != 0;

    /// <summary>No gradients are recorded on this thread until the result is disposed of.</summary>
    public static IDisposable no_grad() => new GradMode(enabled: false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_inference_mode_enabled() => Bridge.bridge_inference_mode_enabled() != 0;

    /// <summary>What this thread creates until the result is disposed of carries nothing that gradients need.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    private sealed class GradMode : IDisposable
    {
        private readonly int _before = Bridge.bridge_grad_enabled();

        public GradMode(bool enabled) => Bridge.bridge_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => Bridge.bridge_set_grad_enabled(_before);
    }

    private sealed class InferenceMode(bool enabled) : IDisposable
    {
        private nint _guard = Bridge.bridge_inference_mode_enter(enabled ? 1 : 0);

        public void Dispose()
        {
            nint guard = Interlocked.Exchange(ref _guard, 0);
            if (guard != 0)
            {
                Bridge.bridge_inference_mode_leave(guard);
            }
        }
    }
}
