namespace AceStep.Lyrics;

/// <summary>Lyrics as the model reads them.</summary>
/// <param name="Ids">The token ids: the start token, then each line's ids and one that ends the line.</param>
/// <param name="Lines">A report of each line, dropped and blank ones included.</param>
public sealed record LyricEncoding(IReadOnlyList<int> Ids, IReadOnlyList<LyricLine> Lines);
