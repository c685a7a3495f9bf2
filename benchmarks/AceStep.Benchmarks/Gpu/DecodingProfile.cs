using AceStep.Checkpoints;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>Where the time of decoding goes: the parts of autoencoder and vocoder on one window of frames.</summary>
internal static class DecodingProfile
{
    private const int MostFrames = 256;

    public static Task RunAsync(GpuSettings settings, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Device device = torch.device(settings.Device);
        DeviceClock clock = new(device);
        ScalarType dtype = settings.Precision == Precision.BFloat16 ? bfloat16 : float32;
        using MusicCheckpoint checkpoint = MusicCheckpoint.Open(settings.Checkpoint, new MusicPipelineOptions { Device = settings.Device, Precision = settings.Precision });
        using MusicAutoencoder autoencoder = Networks.Autoencoder.Load(checkpoint.AutoencoderConfig, checkpoint.Autoencoder, dtype, device, cancellationToken: cancellationToken);
        using MelVocoder vocoder = Networks.Vocoder.Load(checkpoint.VocoderConfig, checkpoint.Vocoder, dtype, device, cancellationToken: cancellationToken);

        int frames = Math.Min(settings.Frames, MostFrames);
        WorkSteps steps = new(null, cancellationToken);
        Tensor latents = randn(1, LatentFrames.Channels, LatentFrames.Rows, frames, device: device).to(dtype);
        Tensor hidden = autoencoder.Decoder.ForwardEntry(latents);
        Tensor mel = autoencoder.Decoder.ForwardExit(hidden, steps).squeeze(0); // [2, bins, 8 F]
        FrameRange all = new(0, mel.size(-1));

        (string Name, double Seconds)[] parts =
        [
            ("autoencoder: entry", clock.Median(() => autoencoder.Decoder.ForwardEntry(latents))),
            ("autoencoder: attention", clock.Median(() => Attend(autoencoder.Decoder, hidden))),
            ("autoencoder: doublings", clock.Median(() => autoencoder.Decoder.ForwardExit(hidden, steps))),
            ("vocoder", clock.Median(() => vocoder.call(mel, all, all, all.Length, steps))),
        ];
        double total = parts.Sum(part => part.Seconds);
        double music = LatentFrames.ToTime(frames).TotalSeconds;
        Console.WriteLine($"Decoding {music:0.0} s of music in one window: {total * 1e3:0.0} ms.\n");
        Console.WriteLine("| part | ms | share |");
        Console.WriteLine("|---|---|---|");
        foreach ((string name, double seconds) in parts)
        {
            Console.WriteLine($"| {name} | {seconds * 1e3:0.0} | {seconds / total:0%} |");
        }

        return Task.CompletedTask;
    }

    private static void Attend(AutoencoderDecoder decoder, Tensor hidden)
    {
        Tensor x = hidden;
        foreach (EfficientViTBlock block in decoder.AttentionBlocks)
        {
            x = block.call(x, null);
        }
    }
}
