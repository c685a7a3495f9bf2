using AceStep.Audio;

namespace AceStep.Core.Tests;

public sealed class SongTagsTests
{
    [TestCase("funk, 110 bpm; warm bass", 42L, "ACE-Step v1 3.5B")]
    [TestCase("prompt: with a key; seed: 7", -1L, "a model")]
    [TestCase("東京 ½", long.MaxValue, null)]
    [TestCase(null, 3L, "a model")]
    [TestCase("only a prompt", null, null)]
    [TestCase(null, null, null)]
    public void ToAudioTags_AnyFields_AreReadBack(string? prompt, long? seed, string? model)
    {
        SongTags song = new() { Title = "A title", Prompt = prompt, Seed = seed, Model = model };
        Assert.That(SongTags.Of(song.ToAudioTags()), Is.EqualTo(song));
    }

    [Test]
    public void ToAudioTags_LineBreaksAndSemicolons_StayOneComment()
    {
        AudioTags tags = new SongTags { Title = " A\ntitle ", Prompt = "two\r\nlines", Seed = 1, Model = "a; model" }.ToAudioTags();
        Assert.That(tags, Is.EqualTo(new AudioTags { Title = "A title", Comment = "seed: 1; model: a, model; prompt: two lines" }));
    }

    [TestCase("Recorded in Rome")]
    [TestCase("seedling: 4; remodel: x")]
    [TestCase("")]
    public void Of_CommentOfSomebodyElse_GivesTheTitleAlone(string comment) =>
        Assert.That(SongTags.Of(new AudioTags { Title = "A title", Comment = comment }), Is.EqualTo(new SongTags { Title = "A title" }));
}
