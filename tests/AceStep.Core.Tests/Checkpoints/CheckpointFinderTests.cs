using System.Buffers.Binary;
using System.Text;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests.Checkpoints;

/// <summary>Whatever folder or file a user names is opened as the checkpoint in it, or called by what it is.</summary>
public sealed class CheckpointFinderTests
{
    private static readonly MusicPipelineOptions Cpu = new() { Device = "cpu" };

    private TemporaryFolder _root = null!;

    private static string Tiny => ReferenceData.Require("checkpoint-tiny");

    [SetUp]
    public void CreateFolder() => _root = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _root.Dispose();

    [Test]
    public void Read_FolderWithOneCheckpointBelow_FindsIt()
    {
        string inside = Copy(Tiny, In("models", "audio", "ace"));
        Directory.CreateDirectory(In("models", "other"));

        Assert.That(CheckpointInfo.Read(_root.Path).Path, Is.EqualTo(inside));
        Assert.That(CheckpointInfo.Read(inside).Path, Is.EqualTo(inside));
    }

    [Test]
    public async Task LoadAsync_HubCacheOfOneModel_OpensTheRevisionOfItsMainBranch()
    {
        // Blobs and links, as Python's hub library leaves them; an older revision lies beside it.
        string repository = In("hub", "models--ACE-Step--ACE-Step-v1-3.5B");
        string snapshot = Link(Tiny, Path.Combine(repository, "blobs"), Path.Combine(repository, "snapshots", "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c"));
        Copy(Tiny, Path.Combine(repository, "snapshots", "0123456789"));
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        await File.WriteAllTextAsync(Path.Combine(repository, "refs", "main"), "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c");

        foreach (string named in (string[])[_root.Path, In("hub"), repository, snapshot])
        {
            Assert.That(CheckpointInfo.Read(named).Path, Is.EqualTo(snapshot));
        }

        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(_root.Path, Cpu);
        Assert.That(pipeline.Checkpoint, Is.EqualTo(snapshot));
    }

    [Test]
    public void Read_SeveralBelow_NamesThem()
    {
        string one = Copy(Tiny, In("one"));
        string two = Copy(Tiny, In("two"));

        Assert.That(() => CheckpointInfo.Read(_root.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("2 checkpoints").And.Message.Contains(one).And.Message.Contains(two));
    }

    [Test]
    public void Read_LinkThatLeadsAbove_Ends()
    {
        Directory.CreateDirectory(In("a"));
        Directory.CreateSymbolicLink(In("a", "loop"), _root.Path);
        string inside = Copy(Tiny, In("a", "b"));

        Assert.That(CheckpointInfo.Read(_root.Path).Path, Is.EqualTo(inside));
    }

    [Test]
    public void Read_OnePartOfACheckpoint_NamesItsFolder()
    {
        string whole = Copy(Tiny, In("ace"));

        Assert.That(() => CheckpointInfo.Read(Path.Combine(whole, "music_vocoder")), Throws.TypeOf<FileNotFoundException>().With.Message.Contains($"give the checkpoint's folder, {whole}"));
    }

    [TestCase("pytorch_lora_weights.safetensors", "transformer_blocks.0.attn.to_q.lora_A.weight", "is a LoRA")]
    [TestCase("lokr.safetensors", "lycoris_transformer_blocks_0_attn_to_q.lokr_w1", "another adapter")]
    [TestCase("v15.safetensors", "model.diffusion_model.decoder.layers.0.cross_attn.q_proj.weight", "ACE-Step 1.5")]
    [TestCase("diffusion_pytorch_model.safetensors", "genre_embedder.weight", "only the transformer")]
    [TestCase("model.safetensors", "encoder.block.0.layer.0.SelfAttention.q.weight", "only the text encoder")]
    [TestCase("song.safetensors", "latents", "a song's latents")]
    [TestCase("sd15.safetensors", "model.diffusion_model.input_blocks.0.0.weight", "another model")]
    public void Read_FileOfSomethingElse_SaysWhatItIs(string name, string tensor, string words)
    {
        string path = In(name);
        using (torch.Tensor one = torch.ones(1))
        {
            SafetensorsWriter.Write(path, [new(tensor, one)]);
        }

        Assert.That(() => CheckpointInfo.Read(path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(words));
        if (words != "another model")
        {
            Assert.That(() => CheckpointInfo.Read(_root.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains(words));
        }
    }

    [Test]
    public void Read_FolderOfPickles_SaysSo()
    {
        string whole = Copy(Tiny, In("ace"));
        string weights = Path.Combine(whole, "ace_step_transformer", "diffusion_pytorch_model.safetensors");
        File.Move(weights, Path.ChangeExtension(weights, ".bin"));

        Assert.That(CheckpointInfo.Read(whole).Parts.Single(part => part.Name == "transformer").Problem, Does.Contain("diffusion_pytorch_model.bin cannot take its place"));
        Assert.That(
            async () => await MusicPipeline.LoadAsync(whole, Cpu),
            Throws.TypeOf<FileNotFoundException>().With.Message.Contains("diffusion_pytorch_model.safetensors (diffusion_pytorch_model.bin cannot take its place"));
    }

    [Test]
    public void Read_LinkToNothing_SaysWhereItLeads()
    {
        string whole = Copy(Tiny, In("ace"));
        string weights = Path.Combine(whole, "music_vocoder", "diffusion_pytorch_model.safetensors");
        File.Delete(weights);
        File.CreateSymbolicLink(weights, "../../blobs/gone");
        File.CreateSymbolicLink(In("gone"), "nowhere");

        Assert.That(CheckpointInfo.Read(whole).Parts.Single(part => part.Name == "vocoder").Problem, Does.Contain("a link to ../../blobs/gone, which does not exist"));
        Assert.That(() => CheckpointInfo.Read(In("gone")), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("a link to nowhere"));
    }

    [Test]
    public async Task LoadAsync_ShardsAndOtherNames_GivesTheSameSong()
    {
        string whole = Copy(Tiny, In("ace"));
        Shard(Path.Combine(whole, "ace_step_transformer", "diffusion_pytorch_model.safetensors"), hasIndex: true);
        Shard(Path.Combine(whole, "umt5-base", "model.safetensors"), hasIndex: false);
        File.Move(Path.Combine(whole, "music_vocoder", "diffusion_pytorch_model.safetensors"), Path.Combine(whole, "music_vocoder", "diffusion_pytorch_model.fp32.safetensors"));
        TextToMusicRequest request = new() { Prompt = "funk", Duration = LatentFrames.ToTime(10), Seed = 3, Generation = new GenerationSettings { Steps = 2, SampleRate = 44100 } };
        await using MusicPipeline plain = await MusicPipeline.LoadAsync(Tiny, Cpu);
        await using MusicPipeline sharded = await MusicPipeline.LoadAsync(whole, Cpu);

        float[] expected = (await plain.TextToMusicAsync(request)).Songs[0].Audio.Channel(0).ToArray();
        float[] actual = (await sharded.TextToMusicAsync(request)).Songs[0].Audio.Channel(0).ToArray();

        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(CheckpointInfo.Read(whole).Parts.All(part => part.Problem is null), Is.True);
    }

    [Test]
    public void Read_ComfyUiFileOfTwentyBlocksWithoutConfigs_TakesItsSizesFromItsTensors()
    {
        string path = WriteComfyUi(In("ace_step.safetensors"), layers: 20, storedType: null);

        CheckpointInfo info = CheckpointInfo.Read(_root.Path);

        Assert.That(info.Path, Is.EqualTo(path));
        Assert.That(info.Parts.Where(part => part.IsRequired).Select(part => part.Problem), Is.All.Null);
        Assert.That(info.Parts[0].Sizes, Does.StartWith("20 blocks, 2560 wide, 20 heads"));
    }

    [Test]
    public void Read_ComfyUiFileInEightBits_FitsAndSaysSo()
    {
        string path = WriteComfyUi(In("ace_step_fp8.safetensors"), layers: 24, storedType: "F8_E4M3");

        CheckpointInfo info = CheckpointInfo.Read(path);

        Assert.That(info.Parts.Where(part => part.IsRequired).Select(part => part.Problem), Is.All.Null);
        Assert.That(info.Parts[0].Types, Is.EqualTo((string[])["float8_e4m3"]));
        Assert.That(info.Parts[0].Bytes, Is.EqualTo(info.Parts[0].Parameters));
    }

    /// <summary>ComfyUI's file with the released shapes, as a sparse file: zeros take no room.</summary>
    private static string WriteComfyUi(string path, int layers, string? storedType)
    {
        using SafetensorsFile tiny = SafetensorsFile.Open(ReferenceData.Require("comfyui", "all_in_one.safetensors"));
        using torch.Tensor pieces = tiny.Read("text_encoders.spiece_model");
        StringBuilder header = new("{");
        long end = pieces.numel();
        header.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
            "text_encoders.spiece_model":{"dtype":"U8","shape":[{{end}}],"data_offsets":[0,{{end}}]}
            """);
        string table = Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "checkpoint", "keys", "comfy_all_in_one_ace_step_v1_3.5b.tsv");
        foreach (string[] fields in File.ReadLines(table).Skip(2).Select(line => line.Split('\t')).Where(fields => fields[0] != "text_encoders.spiece_model"))
        {
            const string Blocks = "model.diffusion_model.transformer_blocks.";
            if (fields[0].StartsWith(Blocks, StringComparison.Ordinal) && int.Parse(fields[0][Blocks.Length..].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture) >= layers)
            {
                continue;
            }

            string type = storedType is not null && fields[0].StartsWith("model.diffusion_model.", StringComparison.Ordinal) ? storedType : fields[1];
            long[] shape = [.. fields[2].Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries).Select(size => long.Parse(size, System.Globalization.CultureInfo.InvariantCulture))];
            long bytes = shape.Aggregate(type switch { "F32" => 4L, "F8_E4M3" => 1, _ => 2 }, (product, size) => product * size);
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                ,"{{fields[0]}}":{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{end}},{{end + bytes}}]}
                """);
            end += bytes;
        }

        byte[] json = Encoding.ASCII.GetBytes(header.Append('}').ToString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream stream = File.Create(path);
        stream.Write(length);
        stream.Write(json);
        stream.Write(pieces.bytes);
        try
        {
            stream.SetLength(8 + json.Length + end);
        }
        catch (IOException error)
        {
            Assert.Ignore($"This disk has no room for a sparse file of {end} bytes: {error.Message}");
        }

        return path;
    }

    /// <summary>Cuts a file in two.</summary>
    private static void Shard(string path, bool hasIndex)
    {
        Dictionary<string, string> map = [];
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            string set = path[..^".safetensors".Length];
            for (int shard = 0; shard < 2; shard++)
            {
                string name = $"{set}-0000{shard + 1}-of-00002.safetensors";
                using var scope = torch.NewDisposeScope();
                KeyValuePair<string, torch.Tensor>[] tensors = [.. file.Names.Where((_, index) => index % 2 == shard).Select(tensor => KeyValuePair.Create(tensor, file.Read(tensor)))];
                SafetensorsWriter.Write(name, tensors);
                foreach ((string tensor, _) in tensors)
                {
                    map[tensor] = Path.GetFileName(name);
                }
            }

            if (hasIndex)
            {
                File.WriteAllText(set + ".safetensors.index.json", System.Text.Json.JsonSerializer.Serialize(new { weight_map = map }));
            }
        }

        File.Delete(path);
    }

    private static string Copy(string from, string to) => Visit(from, to, (source, target) => File.Copy(source, target));

    /// <summary>Copies the files into a folder of blobs, and links to them.</summary>
    private static string Link(string from, string blobs, string to)
    {
        Directory.CreateDirectory(blobs);
        int number = 0;
        return Visit(from, to, (source, target) =>
        {
            string blob = Path.Combine(blobs, $"{number++:x8}");
            File.Copy(source, blob);
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, blob));
        });
    }

    private static string Visit(string from, string to, Action<string, string> place)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            place(file, target);
        }

        return to;
    }

    private string In(params string[] parts) => _root.File(parts);
}
