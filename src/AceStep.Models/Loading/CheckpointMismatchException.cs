using System.Text;

namespace AceStep.Models;

/// <summary>A well-formed checkpoint does not fit the model that its config describes. Nothing has been read.</summary>
public sealed class CheckpointMismatchException : Exception
{
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
                text.Append(' ').Append(names.Count).Append(' ').Append(what).Append(": ").AppendJoin(", ", names).Append('.');
            }
        }
    }
}
