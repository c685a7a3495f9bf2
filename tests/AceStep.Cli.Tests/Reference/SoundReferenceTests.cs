using System.Globalization;
using System.Text.Json;
using AceStep.Audio;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Cli.Tests.Reference;

/// <summary>Whole songs from the command line against the original's, sample by sample.</summary>
[Category(ReferenceData.Category)]
public sealed class SoundReferenceTests
{
    private const double Tolerance = 1e-3;
    private const string SamplePrefix = "every_";

    private static IEnumerable<TestCaseData> Sounds()
    {
        string path = ReferenceData.PathOf("sounds", "cases.json");
        if (!File.Exists(path))
        {
            yield break;
        }

        foreach (JsonElement recorded in JsonSerializer.Deserialize<JsonElement[]>(File.ReadAllText(path))!)
        {
            yield return new TestCaseData(recorded.GetProperty("name").GetString(), recorded.GetProperty("request")).SetArgDisplayNames(recorded.GetProperty("name").GetString()!);
        }
    }

    [Test]
    public void Songs_OfTheReferences_AreFound()
    {
        ReferenceData.RequireCases(Sounds(), "sounds", "cases.json");
        ReferenceData.RequireCases(DemonstrationSongs(), "nano");
    }

    [TestCaseSource(nameof(Sounds))]
    public void Run_OfARecordedRequest_SoundsAsTheOriginal(string name, JsonElement request)
    {
        using TemporaryFolder folder = new();
        string[] arguments =
        [
            .. OriginalCommand.Translate(request), "--checkpoint", ReferenceData.Require("checkpoint-tiny"),
            "--device", "cpu", "--output", folder.File("song.wav"), "--sample-rate", "44100", "--sample-format", "float32",
        ];

        AceStepCommand.Run(arguments).Returning(0);

        Compare(folder.File("song.wav"), ReferenceData.Require("sounds", name + ".safetensors"), name);
    }

    private static IEnumerable<string> DemonstrationSongs() => ReferenceData.Names("nano");

    [TestCaseSource(nameof(DemonstrationSongs))]
    public void Run_OnTheDemonstrationCheckpoint_SoundsAsTheOriginal(string name)
    {
        string reference = ReferenceData.Require("nano", name + ".safetensors");
        JsonElement request = JsonSerializer.Deserialize<JsonElement>(SafetensorsMetadata(reference)["request"]);
        using TemporaryFolder folder = new();

        AceStepProcess.Run([.. OriginalCommand.Translate(request), "--device", "cpu", "--output", folder.File("song.wav"), "--sample-rate", "44100", "--sample-format", "float32"]).Returning(0);

        Compare(folder.File("song.wav"), reference, name);
    }

    private static IReadOnlyDictionary<string, string> SafetensorsMetadata(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata;
    }

    /// <summary>Compares every n-th sample; the tensor's name says n.</summary>
    private static void Compare(string song, string reference, string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(reference);
        string tensorName = file.Names.Single(candidate => candidate.StartsWith(SamplePrefix, StringComparison.Ordinal));
        int step = int.Parse(tensorName[SamplePrefix.Length..], CultureInfo.InvariantCulture);
        AudioBuffer audio = AudioFile.Load(song);
        Assert.That(audio.Length, Is.EqualTo(int.Parse(file.Metadata["samples"], CultureInfo.InvariantCulture)), "samples of the song");

        using var scope = NewDisposeScope();
        Tensor samples = tensor(audio.ToPlanar(), [audio.Channels, audio.Length], float32);
        TensorAssert.Close(samples[TensorIndex.Colon, TensorIndex.Slice(0, null, step)].contiguous(), file.Read(tensorName), Tolerance, name);
    }
}
