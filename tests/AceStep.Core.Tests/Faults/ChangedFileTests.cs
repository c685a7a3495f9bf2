using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests.Faults;

/// <summary>
/// Files of a model that are cut short, overwritten, replaced or removed while they are read, or between loading and use: an
/// error that names the file, or the old contents; never other weights in silence, never the end of the process.
/// </summary>
public sealed class ChangedFileTests : PipelineFixture
{
    private const string Module = "transformer_blocks.0.attn.to_q";
    private static readonly MusicPipelineOptions Dropping = new() { Device = "cpu", Memory = MemoryPlan.DropAll };

    private TemporaryFolder _folder = null!;

    /// <summary>The transformer's weights: the file that is read last but one, and again after LoRAs.</summary>
    private string Transformer => _folder.File("ace_step_transformer", "diffusion_pytorch_model.safetensors");

    [SetUp]
    public void CopyCheckpoint()
    {
        _folder = new TemporaryFolder();
        foreach (string file in Directory.EnumerateFiles(TinyCheckpoint, "*", SearchOption.AllDirectories))
        {
            string copy = _folder.File(Path.GetRelativePath(TinyCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddDays(-1));
        }
    }

    [TearDown]
    public void RemoveCheckpoint() => _folder.Dispose();

    [Test]
    public void Load_CheckpointCutShortMeanwhile_NamesTheFile()
    {
        CheckpointFormatException error = Assert.ThrowsAsync<CheckpointFormatException>(() => LoadAnd(() => Cut(Transformer)))!;

        Assert.That(error.File, Is.EqualTo(Transformer));
        Assert.That(error.Message, Does.Contain("must not change while it is open"));
    }

    [Test]
    public void Load_CheckpointOverwrittenMeanwhile_NamesTheFile()
    {
        CheckpointFormatException error = Assert.ThrowsAsync<CheckpointFormatException>(() => LoadAnd(() => Overwrite(Transformer)))!;

        Assert.That(error.File, Is.EqualTo(Transformer));
        Assert.That(error.Message, Does.Contain("was written to at"));
    }

    [Test]
    public async Task Load_CheckpointReplacedMeanwhile_ReadsTheOldOne()
    {
        await using MusicPipeline pipeline = await LoadAnd(() => Replace(Transformer));

        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task Generate_CheckpointCutShortAfterLoading_NeedsItNoMore()
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, new MusicPipelineOptions { Device = "cpu" });
        Cut(Transformer);

        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task Generate_DroppedPartCutShort_IsAnErrorUntilTheFileIsWhole()
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, Dropping);
        byte[] whole = await File.ReadAllBytesAsync(Transformer);
        DateTime written = File.GetLastWriteTimeUtc(Transformer);
        Cut(Transformer);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            CheckpointFormatException error = Assert.ThrowsAsync<CheckpointFormatException>(() => pipeline.TextToMusicAsync(TextToMusic))!;
            Assert.That(error.File, Is.EqualTo(Transformer));
            Assert.That(pipeline.Parts.Transformer.Resident, Is.Null);
        }

        await using (FileStream file = new(Transformer, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            await file.WriteAsync(whole);
        }

        File.SetLastWriteTimeUtc(Transformer, written);
        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task Generate_DroppedPartOverwritten_IsRefusedRatherThanSungWithOtherWeights()
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, Dropping);
        Overwrite(Transformer);

        Assert.That(() => pipeline.TextToMusicAsync(TextToMusic), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(Transformer).And.Message.Contains("was written to at"));
    }

    [Test]
    public async Task Generate_DroppedPartReplacedOrRemoved_StaysTheOldOne([Values] bool isRemoved)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, Dropping);
        if (isRemoved)
        {
            File.Delete(Transformer);
        }
        else
        {
            Replace(Transformer);
        }

        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task UnloadLora_CheckpointCutShort_IsAnErrorAndTheWeightsAreReadAgain()
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, new MusicPipelineOptions { Device = "cpu" });
        Lora lora = pipeline.LoadLora(WriteLora());
        byte[] whole = await File.ReadAllBytesAsync(Transformer);
        DateTime written = File.GetLastWriteTimeUtc(Transformer);
        Cut(Transformer);

        Assert.That(() => pipeline.UnloadLora(lora), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(Transformer));
        Assert.That(pipeline.Loras, Is.EqualTo(new[] { lora }), "where it fails, what was before stays");

        await using (FileStream file = new(Transformer, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            await file.WriteAsync(whole);
        }

        File.SetLastWriteTimeUtc(Transformer, written);
        pipeline.UnloadLora(lora);
        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task SetLoraWeight_LoraCutShortOrOverwritten_IsAnErrorAndItCanBeUnloaded([Values] bool isCut)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_folder.Path, new MusicPipelineOptions { Device = "cpu" });
        string path = WriteLora();
        Lora lora = pipeline.LoadLora(path, 0.5);
        if (isCut)
        {
            Cut(path);
        }
        else
        {
            Overwrite(path);
        }

        Assert.That(() => pipeline.SetLoraWeight(lora, 1), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(path));
        Assert.That(lora.Weight, Is.EqualTo(0.5));

        // Its factors are gone, so nothing can be made with it; without it, all is as it was.
        long tensors = pipeline.LiveTensors + LiveTensors.OfFinalizer();
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Assert.That(() => pipeline.TextToMusicAsync(TextToMusic), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(path));
            Assert.That(pipeline.Parts.Transformer.Resident, Is.Null);
        }

        Assert.That(pipeline.LiveTensors + LiveTensors.OfFinalizer(), Is.EqualTo(tensors), "live tensors");
        pipeline.UnloadLora(lora);
        await AssertUnchangedAsync(pipeline);
    }

    [Test]
    public async Task SetLoraWeight_LoraReplacedOrRemoved_StaysTheOldOne([Values] bool isRemoved)
    {
        Lora known = Pipeline.LoadLora(WriteLora("known.safetensors"), 1);
        MusicResult expected = await Pipeline.TextToMusicAsync(TextToMusic);
        Pipeline.UnloadLora(known);
        string path = WriteLora();
        Lora lora = Pipeline.LoadLora(path, 0.5);
        if (isRemoved)
        {
            File.Delete(path);
        }
        else
        {
            Replace(path);
        }

        Pipeline.SetLoraWeight(lora, 1);

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);
        Pipeline.UnloadLora(lora);
        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(expected.Songs[0].Latents.Values), Is.True);
    }

    /// <summary>Loads the checkpoint, and does something when the first bytes have been read.</summary>
    private async Task<MusicPipeline> LoadAnd(Action disturb)
    {
        Disturbance progress = new(disturb);
        return await MusicPipeline.LoadAsync(_folder.Path, new MusicPipelineOptions { Device = "cpu" }, progress);
    }

    private async Task AssertUnchangedAsync(MusicPipeline pipeline)
    {
        MusicResult expected = await Pipeline.TextToMusicAsync(TextToMusic);
        MusicResult result = await pipeline.TextToMusicAsync(TextToMusic);
        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(expected.Songs[0].Latents.Values), Is.True, "the song");
    }

    private static void Cut(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(file.Length / 2);
    }

    /// <summary>Changes the last half of the bytes in place.</summary>
    private static void Overwrite(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = file.Length / 2;
        file.Write(new byte[file.Length - file.Position]);
    }

    /// <summary>Puts another file in the place of this one, as a download or an editor does.</summary>
    private static void Replace(string path)
    {
        File.WriteAllBytes(path + ".new", new byte[1000]);
        File.Move(path + ".new", path, overwrite: true);
    }

    private string WriteLora(string name = "lora.safetensors")
    {
        string path = _folder.File(name);
        long width = Pipeline.Parts.Transformer.Resident!.Config.Width;
        using torch.Tensor down = torch.ones(2, width);
        using torch.Tensor up = torch.ones(width, 2);
        SafetensorsWriter.Write(path, [new(Module + ".lora_A.weight", down), new(Module + ".lora_B.weight", up)]);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-1));
        return path;
    }

    private sealed class Disturbance(Action disturb) : IProgress<MusicProgress>
    {
        private bool _isDone;

        public void Report(MusicProgress value)
        {
            if (value.Completed > 0 && !_isDone)
            {
                _isDone = true;
                disturb();
            }
        }
    }
}
