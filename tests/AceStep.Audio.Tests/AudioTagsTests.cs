namespace AceStep.Audio.Tests;

public sealed class AudioTagsTests
{
    [TestCase("funk, 110 bpm; warm bass", 42L, "ACE-Step v1 3.5B")]
    [TestCase("prompt: with a key; seed: 7", -1L, "a model")]
    [TestCase("東京 ½", long.MaxValue, null)]
    [TestCase(null, 3L, "a model")]
    [TestCase("only a prompt", null, null)]
    [TestCase(null, null, null)]
    public void ForSong_AnyFields_AreReadBack(string? prompt, long? seed, string? model)
    {
        AudioTags tags = AudioTags.ForSong("A title", prompt, seed, model);
        Assert.That((tags.Title, tags.Prompt, tags.Seed, tags.Model), Is.EqualTo(("A title", prompt, seed, model)));
    }

    [Test]
    public void ForSong_LineBreaksAndSemicolons_StayOneComment()
    {
        AudioTags tags = AudioTags.ForSong(" A\ntitle ", "two\r\nlines", 1, "a; model");
        Assert.That(tags, Is.EqualTo(new AudioTags { Title = "A title", Comment = "seed: 1; model: a, model; prompt: two lines" }));
    }

    [TestCase("Recorded in Rome")]
    [TestCase("seedling: 4; remodel: x")]
    [TestCase("")]
    public void Comment_OfSomebodyElse_GivesNothingElse(string comment)
    {
        var tags = new AudioTags { Comment = comment };
        Assert.That((tags.Prompt, tags.Seed, tags.Model), Is.EqualTo(((string?)null, (long?)null, (string?)null)));
    }
}
