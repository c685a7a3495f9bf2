namespace AceStep.Cli;

/// <summary>What the program returns.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>The work failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the request breaks a rule; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl+C.</summary>
    public const int Cancelled = 130;

    /// <summary>Stopped by SIGTERM.</summary>
    public const int Terminated = 143;
}
