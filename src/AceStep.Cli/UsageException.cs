namespace AceStep.Cli;

/// <summary>The command line breaks a rule that its parser does not know.</summary>
internal sealed class UsageException(string message) : Exception(message);
