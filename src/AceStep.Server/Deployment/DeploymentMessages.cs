using AceStep.Models;

namespace AceStep.Server.Deployment;

/// <summary>The messages that the deployment promises, each with the detail.</summary>
public static class DeploymentMessages
{
    /// <summary>The length asked for is out of range.</summary>
    public const string InvalidAudioDuration = "Invalid audio duration";

    /// <summary>The checkpoint could not be loaded, or is not loaded yet.</summary>
    public const string ModelNotLoaded = "Model not loaded";

    /// <summary>The lyrics could not become tokens.</summary>
    public const string TokenizationError = "Tokenization error";

    /// <summary>The message for an error of loading or generating: the deployment's words where it promises some, and the detail.</summary>
    /// <param name="error">What <see cref="MusicPipeline"/> threw.</param>
    /// <param name="isLoading">Whether it was thrown while the checkpoint was being loaded.</param>
    public static string Describe(Exception error, bool isLoading = false)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error switch
        {
            _ when isLoading => $"{ModelNotLoaded}: {error.Message}",
            InvalidRequestException { Field: nameof(TextToMusicRequest.Duration) } invalid => $"{InvalidAudioDuration}: {invalid.Rule}",
            InvalidRequestException { Field: nameof(MusicRequest.Lyrics) or nameof(StyleTransferRequest.TargetLyrics) } => $"{TokenizationError}: {error.Message}",
            FileNotFoundException { FileName: { } file } when Path.GetFileName(file) == Checkpoints.CheckpointLayout.LyricVocabularyFile => $"{TokenizationError}: {error.Message}",
            CheckpointFormatException or CheckpointMismatchException or ObjectDisposedException => $"{ModelNotLoaded}: {error.Message}",
            _ => error.Message,
        };
    }
}
