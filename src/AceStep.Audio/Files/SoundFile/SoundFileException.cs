namespace AceStep.Audio.Files.SoundFile;

/// <summary>libsndfile failed; the reader or writer that meets it says in which file.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1032", Justification = "Never leaves this namespace.")]
internal sealed class SoundFileException(string message) : Exception(message);
