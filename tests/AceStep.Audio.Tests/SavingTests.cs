using AceStep.Testing;

namespace AceStep.Audio.Tests;

/// <summary>Where a sound can be written: streams of every kind, links, pipes, devices.</summary>
public sealed class SavingTests
{
    private static readonly AudioFormat[] Formats = Enum.GetValues<AudioFormat>();

    [TestCaseSource(nameof(Formats))]
    public async Task SaveAsync_StreamThatRefusesSynchronousWrites_GetsTheFile(AudioFormat format)
    {
        RequireFormat(format);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_001, 48000);
        using AsynchronousStream body = new();

        await audio.SaveAsync(body, format);

        // Ogg files have a number at random, so that two are never the same bytes.
        Assert.That(body.Written, format is AudioFormat.Vorbis or AudioFormat.Opus ? Has.Length.EqualTo(audio.Encode(format).Length) : Is.EqualTo(audio.Encode(format)));
        body.Position = 0;
        LoadedAudio loaded = await AudioFile.LoadAsync(body);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(AudioBuffer.Load(new MemoryStream(audio.Encode(format))).ToPlanar()));
    }

    [Test]
    public void SaveAsync_Cancelled_LeavesTheOldFileAndNothingElse()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["song.wav"], "an older file");
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(async () => await Sounds.Noise(new Random(1), 2, 100, 48000).SaveAsync(folder["song.wav"], cancellationToken: source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.Files, Is.EqualTo(new[] { "song.wav" }));
        Assert.That(File.ReadAllText(folder["song.wav"]), Is.EqualTo("an older file"));
    }

    [Test]
    public async Task SaveAsync_Path_IsTheFile()
    {
        using TemporaryFolder folder = new();
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_001, 48000);
        await audio.SaveAsync(folder["song.wav"]);
        Assert.That(AudioBuffer.Load(folder["song.wav"]).ToPlanar(), Is.EqualTo(audio.ToPlanar()));
    }

    [Test]
    public void Save_SymbolicLink_WritesWhatItPointsTo([Values] bool exists)
    {
        using TemporaryFolder folder = new();
        if (exists)
        {
            File.WriteAllText(folder["target.wav"], "an older file");
        }

        File.CreateSymbolicLink(folder["second"], folder["target.wav"]);
        File.CreateSymbolicLink(folder["link.wav"], folder["second"]);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100, 48000);

        audio.Save(folder["link.wav"]);

        Assert.That(new FileInfo(folder["link.wav"]).LinkTarget, Is.EqualTo(folder["second"]));
        Assert.That(new FileInfo(folder["target.wav"]).LinkTarget, Is.Null);
        Assert.That(AudioBuffer.Load(folder["target.wav"]).ToPlanar(), Is.EqualTo(audio.ToPlanar()));
        Assert.That(folder.Files, Has.Exactly(3).Items);
    }

    [Test]
    public void Save_LinkToItself_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder["link.wav"], folder["link.wav"]);
        Assert.That(() => Sounds.Noise(new Random(1), 2, 100, 48000).Save(folder["link.wav"]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Save_NamedPipe_WritesIntoIt([Values] bool isLinked)
    {
        RequireUnix();
        using TemporaryFolder folder = new();
        Tool.Run("mkfifo", folder["pipe.wav"]);
        string path = isLinked ? folder["link.wav"] : folder["pipe.wav"];
        if (isLinked)
        {
            File.CreateSymbolicLink(path, folder["pipe.wav"]);
        }

        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 50_000, 48000);
        Task<byte[]> reading = Task.Run(() => File.ReadAllBytes(folder["pipe.wav"]));
        AudioFile.RequireWritable(path);
        audio.Save(path);

        Assert.That(await reading, Is.EqualTo(audio.Encode(AudioFormat.Wav)));
        Assert.That(Tool.Run("ls", "-l", folder["pipe.wav"]), Does.StartWith("p"));
    }

    [Test]
    public void Save_Device_LeavesItADevice()
    {
        RequireUnix();
        AudioFile.Save(Sounds.Noise(new Random(1), 2, 100, 48000), "/dev/null", AudioFormat.Wav);
        Assert.That(Tool.Run("ls", "-l", "/dev/null"), Does.StartWith("c"));
        Assert.That(() => AudioFile.Save(Sounds.Noise(new Random(1), 2, 100, 48000), "/dev/full", AudioFormat.Wav), Throws.InstanceOf<IOException>().With.Message.StartsWith("Cannot write /dev/full: "));
        Assert.That(Tool.Run("ls", "-l", "/dev/full"), Does.StartWith("c"));
    }

    [Test]
    public void RequireWritable_WhereNothingCanBe_SaysWhy()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["folder"]);
        File.CreateSymbolicLink(folder["nowhere.wav"], folder["absent/song.wav"]);
        Assert.That(() => AudioFile.RequireWritable(folder["folder"]), Throws.InstanceOf<IOException>().With.Message.Contains("it is a folder"));
        Assert.That(() => AudioFile.RequireWritable(folder["absent/song.wav"]), Throws.InstanceOf<IOException>().With.Message.Contains("there is no folder"));
        Assert.That(() => AudioFile.RequireWritable(folder["nowhere.wav"]), Throws.InstanceOf<IOException>().With.Message.Contains("there is no folder"));
        Assert.That(() => AudioFile.RequireWritable(folder["song.wav"]), Throws.Nothing);
        Assert.That(folder.Files.Where(name => name.StartsWith(".acestep", StringComparison.Ordinal)), Is.Empty);
    }

    private static void RequireUnix()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has neither named pipes nor devices in folders.");
        }
    }

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }

    /// <summary>The body of a response as ASP.NET Core has it: forwards only, and asynchronous.</summary>
    private sealed class AsynchronousStream : Stream
    {
        private readonly MemoryStream _inner = new();

        public byte[] Written => _inner.ToArray();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => _inner.Position = value;
        }

        public override void Flush() => throw new InvalidOperationException("Synchronous operations are disallowed.");

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("Synchronous operations are disallowed.");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _inner.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("Synchronous operations are disallowed.");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _inner.WriteAsync(buffer, cancellationToken);
    }
}
