namespace AceStep.Cli.Terminal;

/// <summary>Shows how far work has come while it is done.</summary>
internal interface IProgressView
{
    /// <summary>Runs work and shows what it reports.</summary>
    Task<T> RunAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work);
}
