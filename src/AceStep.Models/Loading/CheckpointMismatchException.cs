using System.Text;

namespace AceStep.Models;

/// <summary>
/// A well-formed checkpoint does not fit the model that its config describes. Nothing has been read. The message names the
/// first few tensors of each kind, the properties all of them.
/// </summary>
public sealed class CheckpointMismatchException : Exception
{
    // A whole model's names would fill pages; the properties have them all.
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
