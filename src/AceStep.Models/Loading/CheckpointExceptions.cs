using System.Text;

namespace AceStep.Models;

/// <summary>A checkpoint's file is malformed: cut short, damaged, of another format, or with a value that is not possible.</summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>Creates the error for one file.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="rule">What must hold, and what was found instead; without a final full stop.</param>
    /// <param name="tensor">The tensor at fault, where there is one.</param>
    /// <param name="innerException">What a parser said, where one did.</param>
    public CheckpointFormatException(string file, string rule, string? tensor = null, Exception? innerException = null)
        : base(tensor is null ? $"{file}: {rule}." : $"{file}, tensor \"{Shorten(tensor)}\": {rule}.", innerException)
    {
        File = file;
        Rule = rule;
        Tensor = tensor;
    }

    /// <summary>The path of the malformed file.</summary>
    public string File { get; }

    /// <summary>The rule that was broken, with the value that broke it.</summary>
    public string Rule { get; }

    /// <summary>The name of the tensor at fault; null where the file as a whole or a config's value is.</summary>
    public string? Tensor { get; }

    /// <summary>Text from a file as a message may quote it: damaged files have names of any length.</summary>
    internal static string Shorten(string text) => text.Length <= 120 ? text : $"{text.AsSpan(0, 120)}...";
}

/// <summary>
/// A well-formed checkpoint does not fit the model that its config describes. Nothing has been read. The message names the
/// first few tensors of each kind, the properties all of them.
/// </summary>
public sealed class CheckpointMismatchException : Exception
{
    // The names of a whole model would fill pages; the properties have them all.
    private const int MostNamed = 6;

    internal CheckpointMismatchException(
        string origin,
        string model,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<string> misshapen)
        : base(Describe(origin, model, missing, unexpected, misshapen))
    {
        Origin = origin;
        Missing = missing;
        Unexpected = unexpected;
        Misshapen = misshapen;
    }

    /// <summary>The file that the tensors come from.</summary>
    public string Origin { get; }

    /// <summary>The tensors that the model needs and the checkpoint lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>The checkpoint's tensors that the model does not know.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>The tensors of another shape than the model's, or of a type that holds no weights; each with what it is and what it must be.</summary>
    public IReadOnlyList<string> Misshapen { get; }

    private static string Describe(
        string origin,
        string model,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<string> misshapen)
    {
        StringBuilder text = new($"{origin} does not fit {model}.");
        Append("missing", missing);
        Append("unexpected", unexpected);
        Append("of another shape or type", misshapen);
        return text.ToString();

        void Append(string what, IReadOnlyList<string> names)
        {
            if (names.Count > 0)
            {
                text.Append(' ').Append(names.Count).Append(' ').Append(what).Append(": ").AppendJoin(", ", names.Take(MostNamed).Select(CheckpointFormatException.Shorten));
                text.Append(names.Count > MostNamed ? $", and {names.Count - MostNamed} more." : ".");
            }
        }
    }
}
