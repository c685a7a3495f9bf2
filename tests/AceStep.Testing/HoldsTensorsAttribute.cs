using NUnit.Framework;
using NUnit.Framework.Interfaces;
using TorchSharp;

namespace AceStep.Testing;

/// <summary>
/// Opens a dispose scope about every test of an assembly. A temporary tensor that no scope holds may be collected while
/// libtorch reads it, and tests are full of temporaries.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class HoldsTensorsAttribute : Attribute, ITestAction
{
    /// <summary>The category of tests that have no scope, so that they see what is left to the garbage collector.</summary>
    public const string Without = "WithoutScope";

    private DisposeScope? _scope;

    /// <inheritdoc/>
    public ActionTargets Targets => ActionTargets.Test;

    /// <inheritdoc/>
    public void BeforeTest(ITest test) => _scope = test.Properties["Category"].Contains(Without) ? null : torch.NewDisposeScope();

    /// <inheritdoc/>
    public void AfterTest(ITest test) => _scope?.Dispose();
}
