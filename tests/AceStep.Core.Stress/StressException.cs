namespace AceStep.Core.Stress;

/// <summary>What should have held did not; the message says what.</summary>
internal sealed class StressException(string message, Exception? innerException = null) : Exception(message, innerException);
