namespace AceStep.Models;

/// <summary>What a tokenizer's file holds once its form has been checked.</summary>
/// <param name="Pieces">The pieces; the position of a piece is its id.</param>
/// <param name="Scores">Their log-probabilities.</param>
/// <param name="AddedTokens">The ids of the strings that are found in the raw text before anything else.</param>
/// <param name="UnknownId">The id of what is in no piece.</param>
/// <param name="EndId">The id that ends every text.</param>
/// <param name="PaddingId">The id that fills up a batch.</param>
internal sealed record Umt5Vocabulary(
    PieceTable Pieces,
    double[] Scores,
    IReadOnlyDictionary<string, int> AddedTokens,
    int UnknownId,
    int EndId,
    int PaddingId)
{
    public const string PaddingToken = "<pad>";
    public const string EndToken = "</s>";
}
