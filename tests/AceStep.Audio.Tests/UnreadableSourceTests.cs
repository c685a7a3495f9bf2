namespace AceStep.Audio.Tests;

/// <summary>What can be opened and not be read: it has an error, and an end.</summary>
public sealed class UnreadableSourceTests
{
    [SetUp]
    public void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("These devices are Linux's.");
        }
    }

    [Test]
    public void Load_DiskThatFailsInMidSound_IsItsErrorAndNeverAShorterSound([Values] AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"libsndfile with {format} is not installed.");
        }

        byte[] file = Sounds.Noise(new Random(1), 2, 200_000, 48000).Encode(format);
        foreach (int good in new[] { 0, 100, file.Length / 2, file.Length - 1 })
        {
            using BrokenDisk stream = new(file, good);

            Assert.That(() => AudioFile.Load(stream), Throws.TypeOf<IOException>().With.Message.EqualTo("Input/output error"), $"{format} of which {good} of {file.Length} bytes can be read");
        }
    }

    [Test]
    public void Load_Folder_IsNamed() => Assert.That(() => AudioFile.Load("/proc"), Throws.InstanceOf<IOException>().With.Message.Contains("is a folder"));

    [Test]
    public void Load_DeviceOfEndlessZeros_IsRefusedEarly() =>
        Assert.That(() => AudioFile.Load("/dev/zero"), Throws.TypeOf<AudioFormatException>().With.Message.Contains("nothing but zeros in the first 4 MiB"));

    [TestCase("/dev/null")]
    [TestCase("/proc/version")]
    public void Load_WhatIsNoSound_IsRefused(string path) => Assert.That(() => AudioFile.Load(path), Throws.TypeOf<AudioFormatException>());

    [Test]
    public void OpenRead_Socket_IsAnError()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));

        Assert.That(() => AudioFile.OpenRead(path), Throws.InstanceOf<IOException>().With.Message.Contains(path));

        File.Delete(path);
    }

    [Test]
    public async Task OpenRead_PipeThatNobodyWritesTo_CanBeCancelled()
    {
        using Pipe pipe = new();
        using CancellationTokenSource stop = new();
        Task reading = Task.Run(() => AudioFile.OpenRead(pipe.Path, stop.Token));

        await stop.CancelAsync();

        Assert.That(async () => await reading.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task OpenRead_PipeThatStallsInMidSound_CanBeCancelled()
    {
        using Pipe pipe = new();
        using CancellationTokenSource stop = new();
        Task reading = Task.Run(() => AudioFile.OpenRead(pipe.Path, stop.Token));
        await using FileStream writing = File.OpenWrite(pipe.Path);
        await writing.WriteAsync(Sounds.Noise(new Random(1), 2, 1000, 48000).Encode(AudioFormat.Wav).AsMemory(0, 500));
        await writing.FlushAsync();

        await stop.CancelAsync();

        Assert.That(async () => await reading.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task OpenRead_PipeThatComesInPieces_IsReadWhole()
    {
        using Pipe pipe = new();
        AudioBuffer sent = Sounds.Noise(new Random(1), 2, 100_000, 48000);
        Task<AudioReader> reading = Task.Run(() => AudioFile.OpenRead(pipe.Path, CancellationToken.None));
        await using (FileStream writing = File.OpenWrite(pipe.Path))
        {
            foreach (byte[] piece in sent.Encode(AudioFormat.Wav).Chunk(100_001))
            {
                await writing.WriteAsync(piece);
                await Task.Delay(10);
            }
        }

        using AudioReader reader = await reading;
        Assert.That(reader.ReadToEnd().ToPlanar(), Is.EqualTo(sent.ToPlanar()));
    }

    /// <summary>A file of which the first bytes can be read, and no others.</summary>
    private sealed class BrokenDisk(byte[] file, int good) : MemoryStream(file)
    {
        public override int Read(Span<byte> buffer)
        {
            byte[] read = new byte[buffer.Length];
            int count = Read(read, 0, read.Length);
            read.AsSpan(0, count).CopyTo(buffer);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            Position + Math.Min(count, Length - Position) > good ? throw new IOException("Input/output error") : base.Read(buffer, offset, count);
    }

    /// <summary>A named pipe, gone with the test.</summary>
    private sealed class Pipe : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Pipe() => Tool.Run("mkfifo", Path);

        public string Path => _folder.File("pipe");

        public void Dispose() => _folder.Dispose();
    }
}
