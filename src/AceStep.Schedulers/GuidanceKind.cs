namespace AceStep.Schedulers;

/// <summary>How the conditional and the unconditional prediction are combined.</summary>
public enum GuidanceKind
{
    /// <summary>Adaptive projected guidance: <see cref="Guidance.Apg"/>.</summary>
    Apg,

    /// <summary>Classifier-free guidance: <see cref="Guidance.Cfg"/>.</summary>
    Cfg,

    /// <summary>Classifier-free guidance with an optimised scale and zero initialisation: <see cref="Guidance.CfgStar"/>.</summary>
    CfgStar,
}
