namespace AceStep.Core.Tests;

/// <summary>Messages and settings have the same numbers on every machine, whatever its culture.</summary>
public sealed class CultureTests : PipelineFixture
{
    [Test]
    public void Lora_WeightWithDecimals_IsWarnedOfWithAPoint()
    {
        using CommaCulture culture = new();
        Lora lora = Pipeline.LoadLora(Path.Combine(Path.GetDirectoryName(TinyCheckpoint)!, "lora", "plain"), -2.5);

        Assert.That(lora.Warnings, Has.Some.StartsWith("The weight -2.5 is outside 0 to 2"));
        Pipeline.UnloadLora(lora);
    }

    [Test]
    public void Validate_ValueWithDecimals_IsRefusedWithPoints()
    {
        using CommaCulture culture = new();

        Assert.That(
            () => MusicPipeline.Validate(new VariationRequest { Strength = 1.25 }),
            Throws.TypeOf<InvalidRequestException>().With.Message.EqualTo("Strength: must be 0 to 1; it is 1.25."));
        Assert.That(
            () => MusicPipeline.Validate(TextToMusic with { Guidance = new GuidanceSettings { Scale = -0.5 } }),
            Throws.TypeOf<InvalidRequestException>().With.Message.Contains("-0.5"));
    }

    [Test]
    public async Task Generate_SettingsWithDecimals_AreStoredWithPoints()
    {
        using CommaCulture culture = new();

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic with { Guidance = new GuidanceSettings { Scale = 7.5 } });

        Assert.That(result.Songs[0].Latents.Settings["guidance_scale"], Is.EqualTo("7.5"));
        Assert.That(result.Songs[0].Latents.Settings.Values.Where(value => value != TextToMusic.Prompt), Has.None.Contains(","));
    }

    [Test]
    public void Generate_AbsurdScale_IsNamedWithAPoint()
    {
        using CommaCulture culture = new();

        Assert.That(
            async () => await Pipeline.TextToMusicAsync(TextToMusic with { Guidance = new GuidanceSettings { Scale = 1.5e40 } }),
            Throws.TypeOf<NonFiniteResultException>().With.Message.Contains("1.5E+40"));
    }
}
