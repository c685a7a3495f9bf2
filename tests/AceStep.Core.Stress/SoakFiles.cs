using AceStep.Audio;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Stress;

/// <summary>Files that a soak reads: sound ones and broken ones, in a folder of their own.</summary>
internal sealed class SoakFiles : IDisposable
{
    private const string Module = "transformer_blocks.0.attn.to_q";
    private const int Rank = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("acestep-soak-").FullName;

    public SoakFiles(string checkpoint, MusicLatents latents)
    {
        Sound = Path.Combine(_folder, "sound.wav");
        ShortSongs.Tones.Save(Sound, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
        CutSound = Path.Combine(_folder, "cut.wav");
        File.WriteAllBytes(CutSound, File.ReadAllBytes(Sound).AsSpan(0, 20));

        string saved = Path.Combine(_folder, "song.latents");
        latents.Save(saved);
        CutLatents = Path.Combine(_folder, "cut.latents");
        Cut(saved, CutLatents);

        Lora = Path.Combine(_folder, "lora.safetensors");
        long width = WidthOf(checkpoint);
        WriteLora(Lora, width);
        ForeignLora = Path.Combine(_folder, "foreign.safetensors");
        WriteLora(ForeignLora, width + 1);
        CutLora = Path.Combine(_folder, "cut.safetensors");
        Cut(Lora, CutLora);

        CutCheckpoint = Path.Combine(_folder, "checkpoint");
        foreach (string file in Directory.EnumerateFiles(checkpoint, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(CutCheckpoint, Path.GetRelativePath(checkpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            if (file.Contains("music_vocoder", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                Cut(file, copy);
            }
            else
            {
                File.CreateSymbolicLink(copy, Path.GetFullPath(file));
            }
        }
    }

    /// <summary>A second of sound.</summary>
    public string Sound { get; }

    public string CutSound { get; }

    public string CutLatents { get; }

    /// <summary>A LoRA of one module.</summary>
    public string Lora { get; }

    public string ForeignLora { get; }

    public string CutLora { get; }

    public string CutCheckpoint { get; }

    /// <summary>A path with nothing there.</summary>
    public string Absent => Path.Combine(_folder, "absent");

    /// <summary>A place for a file that is written again and again.</summary>
    public string Place(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Cut(string file, string copy)
    {
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(copy, whole.AsSpan(0, whole.Length - 100));
    }

    private static long WidthOf(string checkpoint)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(checkpoint, "ace_step_transformer", "diffusion_pytorch_model.safetensors"));
        return file.Shape(Module + ".weight")[1];
    }

    private static void WriteLora(string path, long width)
    {
        using torch.Generator random = new(1);
        using torch.Tensor down = torch.randn([Rank, width], generator: random);
        using torch.Tensor up = torch.randn([width, Rank], generator: random);
        using torch.Tensor little = up.Times(0.001);
        SafetensorsWriter.Write(path, [new(Module + ".lora_A.weight", down), new(Module + ".lora_B.weight", little)]);
    }
}
