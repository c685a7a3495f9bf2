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
        File.WriteAllText(folder.File("song.wav"), "an older file");
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(async () => await Sounds.Noise(new Random(1), 2, 100, 48000).SaveAsync(folder.File("song.wav"), cancellationToken: source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.Files, Is.EqualTo(new[] { "song.wav" }));
        Assert.That(File.ReadAllText(folder.File("song.wav")), Is.EqualTo("an older file"));
    }

    [Test]
    public async Task SaveAsync_Path_IsTheFile()
    {
        using TemporaryFolder folder = new();
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_001, 48000);
        await audio.SaveAsync(folder.File("song.wav"));
        Assert.That(AudioBuffer.Load(folder.File("song.wav")).ToPlanar(), Is.EqualTo(audio.ToPlanar()));
    }

    [Test]
    public void Save_SymbolicLink_WritesWhatItPointsTo([Values] bool exists)
    {
        using TemporaryFolder folder = new();
        if (exists)
        {
            File.WriteAllText(folder.File("target.wav"), "an older file");
        }

        File.CreateSymbolicLink(folder.File("second"), folder.File("target.wav"));
        File.CreateSymbolicLink(folder.File("link.wav"), folder.File("second"));
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100, 48000);

        audio.Save(folder.File("link.wav"));

        Assert.That(new FileInfo(folder.File("link.wav")).LinkTarget, Is.EqualTo(folder.File("second")));
        Assert.That(new FileInfo(folder.File("target.wav")).LinkTarget, Is.Null);
        Assert.That(AudioBuffer.Load(folder.File("target.wav")).ToPlanar(), Is.EqualTo(audio.ToPlanar()));
        Assert.That(folder.Files, Has.Exactly(3).Items);
    }

    [Test]
    public void Save_LinkToItself_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder.File("link.wav"), folder.File("link.wav"));
        Assert.That(() => Sounds.Noise(new Random(1), 2, 100, 48000).Save(folder.File("link.wav")), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Save_NamedPipe_WritesIntoIt([Values] bool isLinked)
    {
        RequireUnix();
        using TemporaryFolder folder = new();
        Tool.Run("mkfifo", folder.File("pipe.wav"));
        string path = isLinked ? folder.File("link.wav") : folder.File("pipe.wav");
        if (isLinked)
        {
            File.CreateSymbolicLink(path, folder.File("pipe.wav"));
        }

        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 50_000, 48000);
        Task<byte[]> reading = Task.Run(() => File.ReadAllBytes(folder.File("pipe.wav")));
        AudioFile.RequireWritable(path);
        audio.Save(path);

        Assert.That(await reading, Is.EqualTo(audio.Encode(AudioFormat.Wav)));
        Assert.That(Tool.Run("ls", "-l", folder.File("pipe.wav")), Does.StartWith("p"));
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
        Directory.CreateDirectory(folder.File("folder"));
        File.CreateSymbolicLink(folder.File("nowhere.wav"), folder.File("absent/song.wav"));
        Assert.That(() => AudioFile.RequireWritable(folder.File("folder")), Throws.InstanceOf<IOException>().With.Message.Contains("it is a folder"));
        Assert.That(() => AudioFile.RequireWritable(folder.File("absent/song.wav")), Throws.InstanceOf<IOException>().With.Message.Contains("does not exist"));
        Assert.That(() => AudioFile.RequireWritable(folder.File("nowhere.wav")), Throws.InstanceOf<IOException>().With.Message.Contains("does not exist"));
        Assert.That(() => AudioFile.RequireWritable(folder.File("song.wav")), Throws.Nothing);
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
    private sealed class AsynchronousStream(MemoryStream inner) : OneWayStream(inner)
    {
        public AsynchronousStream()
            : this(new MemoryStream())
        {
        }

        public byte[] Written => inner.ToArray();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => inner.Position = value;
        }

        public override void Flush() => throw Disallowed();

        public override int Read(byte[] buffer, int offset, int count) => throw Disallowed();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw Disallowed();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        private static InvalidOperationException Disallowed() => new("Synchronous operations are disallowed.");
    }
}
