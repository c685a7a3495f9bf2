using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>A SentencePiece model, a protocol buffer, as ComfyUI's single file holds one.</summary>
internal sealed class SentencePieceTarget : FuzzTarget
{
    public override string Name => "sentencepiece";

    public override string Reads => "Umt5Tokenizer.FromSentencePieceModel: a protocol buffer";

    public override IReadOnlyList<string> Words => ["<pad>", "</s>", "<unk>", "\u2581", "\u0018\u0002", "\u0018\u0003", "\u0018\u0001", "\u0012\u0002\u0018\u0001"];

    // The table of first characters has half a megabyte, whatever the vocabulary.
    public override long Buffers => 2 << 20;

    public override void Read(byte[] input) => TokenizerJsonTarget.CheckTokenizer(Umt5Tokenizer.FromSentencePieceModel(input, extraIdCount: 3, maximumSize: 4096));

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;
}
