using System.Diagnostics;
using System.Globalization;
using AceStep.Audio;

namespace AceStep.Core.Stress;

/// <summary>
/// Songs of all tasks on one pipeline, one after the other, and between them all that goes wrong in a long life: LoRAs come and
/// go, requests are cancelled, files are broken, other pipelines are loaded. What the process holds after the first songs is
/// what it must hold after the last, and the first songs are made once more at the end, bit for bit.
/// </summary>
internal static class Soak
{
    private const int FirstSongs = 20;
    private const int Reports = 10;
    private const int SongsOfAnotherPipeline = 50;

    private static readonly MusicPipelineOptions Options = new() { Device = "cpu" };

    /// <param name="checkpoint">The folder of a checkpoint.</param>
    /// <param name="songs">How many to make.</param>
    /// <param name="mostGrowth">By how many per cent resident memory may differ from that after the first songs; null for any.</param>
    public static async Task<int> RunAsync(string checkpoint, int songs, int? mostGrowth)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, Options);
        MusicLatents source = await pipeline.EncodeAsync(ShortSongs.Tones);
        using SoakFiles files = new(checkpoint, source);
        SoakSongs requests = new(source, files.Sound);
        SoakFaults faults = new(pipeline, requests, files);
        Tally tally = new();
        string[] before = await FingerprintsAsync(pipeline, requests);
        ProcessCounts? first = null;

        Console.WriteLine("| songs | cancelled | failed | LoRAs | seconds | resident | .NET's heap | tensors | handles | threads |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        for (int song = 1; song <= songs; song++)
        {
            await ASongAndWhatGoesWrongAsync(song);
            if (song == FirstSongs || song % Math.Max(1, songs / Reports) == 0)
            {
                ProcessCounts counts = await ProcessCounts.NowAsync(pipeline.LiveTensors);
                first ??= song == FirstSongs ? counts : null;
                tally.Write(song, counts);
            }
        }

        string[] after = await FingerprintsAsync(pipeline, requests);
        ProcessCounts last = await ProcessCounts.NowAsync(pipeline.LiveTensors);
        tally.Write(songs, last);
        Require(before.SequenceEqual(after), "the same requests give the same songs");
        Require(first is not null, $"there are more than {FirstSongs} songs");
        Require(last.Tensors == first!.Tensors, "live tensors stay");
        Require(last.Handles <= first.Handles, "handles do not grow");
        Require(last.Threads <= first.Threads, "threads do not grow");
        double growth = 100.0 * (last.Resident - first.Resident) / first.Resident;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Resident memory after the last song against that after song {FirstSongs}: {growth:+0.0;-0.0} %."));
        Require(mostGrowth is null || Math.Abs(growth) <= mostGrowth, "resident memory stays");
        return 0;

        async Task ASongAndWhatGoesWrongAsync(int song)
        {
            MusicResult result = await pipeline.GenerateAsync(requests[song]);
            switch (song % 10)
            {
                case 1:
                    result.Songs[0].Save(files.Place("song.wav"));
                    result.Songs[0].Latents.Save(files.Place("song.latents"));
                    break;
                case 3:
                    await LeaveEarlyAsync(pipeline, result.Songs[0].Latents);
                    break;
                case 4 or 9:
                    await faults.CancelAsync(song);
                    tally.Cancelled++;
                    break;
                case 5 or 7 or 8:
                    await faults.ProvokeAsync(tally.Failed);
                    tally.Failed++;
                    break;
                case 0:
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    break;
            }

            if (song % 10 == 2)
            {
                pipeline.LoadLora(files.Lora, 0.5);
                tally.Loras++;
            }
            else if (pipeline.Loras is [{ } lora])
            {
                pipeline.SetLoraWeight(lora, song % 10);
                if (song % 10 == 7)
                {
                    pipeline.UnloadLora(lora);
                }
            }

            if (song % SongsOfAnotherPipeline == FirstSongs / 2)
            {
                await using MusicPipeline other = await MusicPipeline.LoadAsync(checkpoint, Options with { Memory = MemoryPlan.DropAll });
                await other.GenerateAsync(requests[song]);
            }
        }
    }

    /// <summary>Takes one piece of a song that is decoded, and no more.</summary>
    private static async Task LeaveEarlyAsync(MusicPipeline pipeline, MusicLatents latents)
    {
        await foreach (AudioBuffer piece in pipeline.DecodeAsync(latents))
        {
            Require(piece.Length > 0, "a piece has samples");
            break;
        }
    }

    /// <summary>The bits of the songs of each task.</summary>
    private static async Task<string[]> FingerprintsAsync(MusicPipeline pipeline, SoakSongs requests)
    {
        string[] fingerprints = new string[SoakSongs.Tasks];
        for (int task = 0; task < fingerprints.Length; task++)
        {
            fingerprints[task] = Fingerprint.Of(await pipeline.GenerateAsync(requests[task]));
        }

        return fingerprints;
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new StressException($"It does not hold that {rule}.");
        }
    }

    /// <summary>What has been done, and since when.</summary>
    private sealed class Tally
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public int Cancelled { get; set; }

        public int Failed { get; set; }

        public int Loras { get; set; }

        /// <summary>One row of the table.</summary>
        public void Write(int songs, ProcessCounts counts) =>
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {songs} | {Cancelled} | {Failed} | {Loras} | {Stopwatch.GetElapsedTime(_started).TotalSeconds:0} | {counts.Resident / 1e6:0.0} MB | {counts.Heap / 1e6:0.0} MB | {counts.Tensors} | {counts.Handles} | {counts.Threads} |"));
    }
}
