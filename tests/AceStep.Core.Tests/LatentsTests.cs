using System.Buffers.Binary;
using AceStep.Audio;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests;

/// <summary>Latents and sources from and to files, streams and pipes.</summary>
public sealed class LatentsTests
{
    private static readonly float[] Values = [.. Enumerable.Range(0, 3 * 128).Select(i => (i - 100) / 64f)];

    private static MusicLatents Latents => MusicLatents.Create(Values, new Dictionary<string, string> { ["task"] = "encode", ["prompt"] = "a \"b\" \u00e9\n" });

    [Test]
    public async Task Save_ToStreamsOfEveryKind_IsTheFile([Values] bool isAsynchronous)
    {
        string path = Path.GetTempFileName();
        Latents.Save(path);
        using MemoryStream stream = new();
        OneWay oneWay = new(stream, isAsynchronous);
        if (isAsynchronous)
        {
            await Latents.SaveAsync(oneWay);
        }
        else
        {
            Latents.Save(oneWay);
        }

        Assert.That(stream.ToArray(), Is.EqualTo(File.ReadAllBytes(path)));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(file.Shape("latents"), Is.EqualTo(new long[] { 1, 8, 16, 3 }));
        File.Delete(path);
    }

    [Test]
    public async Task Load_FromStreamsOfEveryKind_IsWhatWasSaved([Values] bool isAsynchronous, [Values] bool canSeek, [Values(0, 7)] int before)
    {
        using MemoryStream stream = new();
        stream.Write(new byte[before]);
        Latents.Save(stream);
        stream.Position = before;
        Stream source = canSeek ? stream : new OneWay(stream, isAsynchronous);

        MusicLatents loaded = isAsynchronous ? await MusicLatents.LoadAsync(source) : MusicLatents.Load(source);

        Assert.That(loaded.Values.ToArray(), Is.EqualTo(Values));
        Assert.That(loaded.Settings, Is.EqualTo(Latents.Settings));
    }

    [Test]
    public async Task FromStream_OfSoundOrLatents_KnowsWhichByItsFirstBytes([Values] bool isLatents, [Values] bool isAsynchronous, [Values] bool canSeek)
    {
        AudioBuffer sound = AudioBuffer.FromPlanar([.. Enumerable.Range(0, 500).Select(i => i / 1000f)], 1, 8000);
        using MemoryStream stream = new();
        stream.Write(new byte[5]);
        if (isLatents)
        {
            Latents.Save(stream);
        }
        else
        {
            sound.Save(stream, AudioFormat.Wav);
        }

        stream.Position = 5;
        Stream source = canSeek ? stream : new OneWay(stream, isAsynchronous);
        MusicSource music = isAsynchronous ? await MusicSource.FromStreamAsync(source) : MusicSource.FromStream(source);

        (AudioBuffer? audio, MusicLatents? latents, _) = music.Open(static _ => { }, CancellationToken.None);
        Assert.That(latents?.Values.ToArray(), isLatents ? Is.EqualTo(Values) : Is.Null);
        Assert.That(audio?.ToPlanar(), isLatents ? Is.Null : Is.EqualTo(sound.ToPlanar()));
        Assert.That(stream.CanRead, Is.True, "it stays open");
    }

    [Test]
    public void FromFile_OfANamedPipe_IsReadOnceAndKept([Values] bool isLatents)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no named pipes in folders.");
        }

        using TemporaryFolder folder = new();
        string pipe = folder.File("pipe");
        Tool.Run("mkfifo", pipe);
        using MemoryStream file = new();
        if (isLatents)
        {
            Latents.Save(file);
        }
        else
        {
            AudioBuffer.FromPlanar(Values, 1, 8000).Save(file, AudioFormat.Wav);
        }

        Task writing = Task.Run(() => File.WriteAllBytes(pipe, file.ToArray()));
        MusicSource source = pipe;
        for (int time = 0; time < 2; time++)
        {
            (AudioBuffer? audio, MusicLatents? latents, _) = source.Open(static _ => { }, CancellationToken.None);
            Assert.That(latents?.Values.ToArray() ?? audio!.ToPlanar(), Is.EqualTo(Values));
        }

        writing.Wait();
    }

    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.BFloat16)]
    public void Load_OfLatentsInAnotherType_HasTheirValues(ScalarType type)
    {
        string path = Path.GetTempFileName();
        using Tensor stored = tensor(Values, [1, 8, 16, 3]).to(type);
        using Tensor expected = stored.to(float32);
        SafetensorsWriter.Write(path, [new("latents", stored)]);
        Assert.That(MusicLatents.Load(path).Values.ToArray(), Is.EqualTo(expected.data<float>().ToArray()));
        File.Delete(path);
    }

    [Test]
    public void Load_OfStreamsThatHoldNone_SaysWhatTheyAre()
    {
        using MemoryStream saved = new();
        Latents.Save(saved);
        byte[] file = saved.ToArray();
        byte[] longHeader = [.. file];
        BinaryPrimitives.WriteInt64LittleEndian(longHeader, 0xFFFF);
        byte[] notFinite = [.. file[..^4], 0, 0, 0xC0, 0x7F];
        foreach ((byte[] bytes, string message) in new (byte[], string)[]
        {
            ([], "must have at least 8 bytes; it has 0"),
            ([.. "<!doctype html><title>x</title>"u8], "this is a web page"),
            ([.. "RIFF....WAVEfmt "u8], "a sound or picture"),
            (file[..^1], "the download is incomplete"),
            (file[..100], "the header must end inside the file"),
            ([.. file, 0], "must end where its last tensor does"),
            (longHeader, "the header must end inside the file"),
            (notFinite, "must be finite"),
        })
        {
            using OneWay stream = new(new MemoryStream(bytes), isAsynchronous: false);
            Assert.That(() => MusicLatents.Load(stream), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(message).And.Message.StartsWith("the stream"), message);
        }
    }

    [Test]
    public void Load_OfAnEndlessStream_IsRefusedAtItsFirstBytes()
    {
        using MemoryStream endless = new(new byte[10_000_000]);
        using OneWay stream = new(endless, isAsynchronous: false);
        Assert.That(() => MusicLatents.Load(stream), Throws.TypeOf<CheckpointFormatException>());
        Assert.That(endless.Position, Is.LessThan(100_000));
    }

    /// <summary>A stream that cannot seek and takes calls of one kind alone, as a web server's.</summary>
    private sealed class OneWay(Stream inner, bool isAsynchronous) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        // In small pieces, as from a network.
        public override int Read(byte[] buffer, int offset, int count) => isAsynchronous ? throw new InvalidOperationException("synchronous") : inner.Read(buffer, offset, Math.Min(count, 5));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            isAsynchronous ? inner.ReadAsync(buffer[..Math.Min(buffer.Length, 5)], cancellationToken) : throw new InvalidOperationException("asynchronous");

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (isAsynchronous)
            {
                throw new InvalidOperationException("synchronous");
            }

            inner.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            isAsynchronous ? inner.WriteAsync(buffer, cancellationToken) : throw new InvalidOperationException("asynchronous");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
