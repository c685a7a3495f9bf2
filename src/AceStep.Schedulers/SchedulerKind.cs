namespace AceStep.Schedulers;

/// <summary>How the latents are carried from one noise level to the next.</summary>
public enum SchedulerKind
{
    /// <summary>First order: one evaluation of the model a step.</summary>
    Euler,

    /// <summary>Second order: two evaluations a step, one for the last.</summary>
    Heun,

    /// <summary>One evaluation a step; each step removes all noise and adds new noise at the next level.</summary>
    PingPong,
}
