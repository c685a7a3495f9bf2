namespace AceStep;

/// <summary>
/// A network of the model gave numbers that are not finite (NaN or infinity), so there is no song. The message says where it
/// began and what is likely to be the cause: a damaged weight, which it names, or a scale that is far too large.
/// </summary>
public sealed class NonFiniteResultException : Exception
{
    internal NonFiniteResultException(MusicStage stage, string network, int? evaluation, string message)
        : base(message)
    {
        Stage = stage;
        Network = network;
        Evaluation = evaluation;
    }

    /// <summary>The stage in which it began.</summary>
    public MusicStage Stage { get; }

    /// <summary>The network that gave them: "text encoder", "transformer", "codec".</summary>
    public string Network { get; }

    /// <summary>The evaluation of the denoising loop after which they were first there, from 1; null in other stages.</summary>
    public int? Evaluation { get; }
}
