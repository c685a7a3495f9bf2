namespace AceStep.Models;

/// <summary>Reads sizes off the shapes of tensors, for files that come without configs.</summary>
/// <param name="source">The tensors.</param>
/// <param name="model">What they must be, for messages: "an ACE-Step transformer".</param>
internal sealed class TensorSizes(ITensorSource source, string model)
{
    // Beyond any model of this family, and small enough that no product of two sizes overflows.
    private const int MaximumSize = 1 << 24;

    // Numbered names are counted one by one; no model has more of them in a row.
    private const int MaximumCount = 1024;

    private readonly HashSet<string> _names = [.. source.Names];

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>One size of a tensor's shape.</summary>
    /// <exception cref="CheckpointFormatException">The tensor is absent or has another number of axes, or a size that cannot be.</exception>
    public int Size(string name, int axis, int axes)
    {
        IReadOnlyList<long>? shape = Has(name) ? source.Shape(name) : null;
        Require(shape?.Count == axes, $"{model} must have this tensor, with {axes} axes; {(shape is null ? "it is absent" : $"it is [{string.Join(", ", shape)}]")}", name);
        Require(shape![axis] is > 0 and <= MaximumSize, $"sizes of {model} must be from 1 to {MaximumSize}; it is [{string.Join(", ", shape)}]", name);
        return (int)shape[axis];
    }

    /// <summary>How many tensors there are of names that differ in a number, counted from the first that exists.</summary>
    public int Count(Func<int, string> name, int first = 0)
    {
        int count = 0;
        while (count < MaximumCount && Has(name(first + count)))
        {
            count++;
        }

        return count;
    }

    /// <exception cref="CheckpointFormatException">The condition is not met.</exception>
    public void Require(bool condition, string rule, string? tensor = null)
    {
        if (!condition)
        {
            throw new CheckpointFormatException(source.Origin, rule, tensor);
        }
    }
}
