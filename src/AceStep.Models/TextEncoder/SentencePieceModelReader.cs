using System.Text.Unicode;
using Google.Protobuf;

namespace AceStep.Models;

/// <summary>Reads the pieces of a SentencePiece model, a protocol buffer.</summary>
internal static class SentencePieceModelReader
{
    // The numbers of the fields and values that are read, from SentencePiece's sentencepiece_model.proto.
    private const int PiecesField = 1;
    private const int TrainerSpecField = 2;
    private const int PieceTextField = 1;
    private const int PieceScoreField = 2;
    private const int PieceTypeField = 3;
    private const int ModelTypeField = 3;
    private const int UnigramModelType = 1;
    private const int NormalPieceType = 1;
    private const int UnknownPieceType = 2;
    private const int ControlPieceType = 3;

    /// <summary>Reads a model and adds what the conversion to a tokenizer.json adds.</summary>
    /// <exception cref="CheckpointFormatException">The model is damaged, or is not a Unigram model with the tokens that UMT5 needs.</exception>
    public static Umt5Vocabulary Read(ReadOnlySpan<byte> model, int extraIdCount, int maximumSize, string origin)
    {
        List<Piece> pieces;
        try
        {
            pieces = ReadPieces(model.ToArray(), origin);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new CheckpointFormatException(origin, $"a SentencePiece model must be a protocol buffer: {error.Message.TrimEnd('.')}", innerException: error);
        }

        int unknownId = pieces.FindIndex(piece => piece.Type == UnknownPieceType);
        if (unknownId < 0)
        {
            throw new CheckpointFormatException(origin, "a SentencePiece model must have a piece for unknown text");
        }

        // The conversion keeps all pieces, those for single bytes too, as text, and puts the extra ids behind them.
        List<string> texts = [.. pieces.Select(piece => piece.Text)];
        List<double> scores = [.. pieces.Select(piece => (double)piece.Score)];
        Dictionary<string, int> addedTokens = new(StringComparer.Ordinal);
        foreach ((int id, Piece piece) in pieces.Index())
        {
            if (piece.Type is UnknownPieceType or ControlPieceType && piece.Text.Length > 0)
            {
                addedTokens[piece.Text] = id;
            }
        }

        for (int index = Math.Min(extraIdCount, maximumSize - pieces.Count) - 1; index >= 0; index--)
        {
            string token = $"<extra_id_{index}>";
            addedTokens[token] = texts.Count;
            texts.Add(token);
            scores.Add(0);
        }

        return new Umt5Vocabulary(texts, [.. scores], addedTokens, unknownId, Find(Umt5Vocabulary.EndToken), Find(Umt5Vocabulary.PaddingToken));

        int Find(string token) =>
            addedTokens.TryGetValue(token, out int id)
                ? id
                : throw new CheckpointFormatException(origin, $"a UMT5's SentencePiece model must have the control piece {token}");
    }

    private static List<Piece> ReadPieces(byte[] model, string origin)
    {
        CodedInputStream input = new(model);
        List<Piece> pieces = [];
        while (input.ReadTag() is not 0 and uint tag)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (PiecesField, WireFormat.WireType.LengthDelimited):
                    pieces.Add(ReadPiece(input.ReadBytes().CreateCodedInput(), pieces.Count, origin));
                    break;
                case (TrainerSpecField, WireFormat.WireType.LengthDelimited):
                    CheckModelType(input.ReadBytes().CreateCodedInput(), origin);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return pieces;
    }

    private static Piece ReadPiece(CodedInputStream input, int id, string origin)
    {
        string text = "";
        float score = 0;
        int type = NormalPieceType;
        while (input.ReadTag() is not 0 and uint tag)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (PieceTextField, WireFormat.WireType.LengthDelimited): text = ReadText(input, id, origin); break;
                case (PieceScoreField, WireFormat.WireType.Fixed32): score = input.ReadFloat(); break;
                case (PieceTypeField, WireFormat.WireType.Varint): type = input.ReadEnum(); break;
                default: input.SkipLastField(); break;
            }
        }

        return float.IsFinite(score)
            ? new Piece(text, score, type)
            : throw new CheckpointFormatException(origin, FormattableString.Invariant($"a score must be finite; that of piece {id} is {score}"));
    }

    private static string ReadText(CodedInputStream input, int id, string origin)
    {
        ByteString bytes = input.ReadBytes();
        return bytes.Length <= Umt5Vocabulary.LongestPiece && Utf8.IsValid(bytes.Span)
            ? bytes.ToStringUtf8()
            : throw new CheckpointFormatException(origin, $"a piece must be UTF-8 of at most {Umt5Vocabulary.LongestPiece} bytes; piece {id} is not");
    }

    private static void CheckModelType(CodedInputStream input, string origin)
    {
        while (input.ReadTag() is not 0 and uint tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == ModelTypeField && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                int type = input.ReadEnum();
                if (type != UnigramModelType)
                {
                    throw new CheckpointFormatException(origin, $"a UMT5's SentencePiece model must be Unigram, type {UnigramModelType}; its type is {type}");
                }
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private readonly record struct Piece(string Text, float Score, int Type);
}
