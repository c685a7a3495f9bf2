using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>A part of the tiny checkpoint beside the tensors that the original gives for it, for each test anew.</summary>
/// <param name="name">The recorded file in the references' models folder.</param>
[Category(ReferenceData.Category)]
public abstract class ReferenceTests(string name)
{
    private DisposeScope _scope;
    private SafetensorsFile _reference;
    private IDisposable _subject;

    private protected SafetensorsFile Reference => _reference;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _reference = SafetensorsFile.Open(ReferenceData.Require("models", $"{name}.safetensors"));
        _subject = Load();
    }

    [TearDown]
    public void TearDown()
    {
        _subject?.Dispose();
        _reference?.Dispose();
        _scope.Dispose();
    }

    /// <summary>Loads what the tests are of.</summary>
    private protected abstract IDisposable Load();

    /// <summary>What <see cref="Load"/> loaded.</summary>
    private protected T Subject<T>()
        where T : class => (T)_subject;

    /// <summary>A recorded tensor.</summary>
    private protected Tensor Recorded(string tensor) => _reference.Read(tensor);

    /// <summary>Compares with a recorded tensor, which may hold every nth column (last axis) only.</summary>
    private protected void Check(Tensor actual, string tensor, double tolerance = TensorAssert.ModuleTolerance) => CodecFixture.AssertMatches(actual, _reference, tensor, tolerance);
}
