using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>A prompt, through the tokenizer of the references.</summary>
internal sealed class PromptTarget : FuzzTarget
{
    private const int Cut = 8;

    private readonly Umt5Tokenizer _tokenizer = Umt5Tokenizer.Load(Path.Combine(AppContext.BaseDirectory, "Data", "tokenizer.json"));

    public override string Name => "prompt";

    public override string Reads => "Umt5Tokenizer.Encode and FindCut: any text";

    public override IReadOnlyList<string> Words => ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_", "\u2581", "  ", "\u00a0", "😀"];

    // The search for the cut encodes parts of the text a dozen times.
    public override int BytesPerByte => 300;

    public override void Read(byte[] input)
    {
        string text = InputText.Of(input);
        int[] whole = _tokenizer.Encode(text, int.MaxValue);
        int[] cut = _tokenizer.Encode(text, Cut);
        Require(whole.All(id => id >= 0 && id < _tokenizer.VocabularySize), "ids are of the vocabulary");
        Require(cut.Length == Math.Min(whole.Length, Cut) && cut[^1] == whole[^1], "no more ids than are allowed, the end's last");
        Require(cut.AsSpan(0, cut.Length - 1).SequenceEqual(whole.AsSpan(0, cut.Length - 1)), "what is kept is the beginning");
        (int Tokens, int Characters)? found = _tokenizer.FindCut(text, Cut);
        Require(found is null == (whole.Length <= Cut), "a cut is found where there is one");
        if (found is { } place)
        {
            Require(place.Tokens == whole.Length - 1, "the cut counts all tokens");
            Require(place.Characters >= 0 && place.Characters < text.Length, "the cut is in the text");
            Require(_tokenizer.Encode(text[..place.Characters], int.MaxValue).Length <= Cut, "what is before the cut is read whole");
        }
    }

    public override bool IsRefusal(Exception error) => false;
}
