using AceStep.Testing;

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
    public void Load_FileWhoseReadsFail_IsAnError()
    {
        // No memory lies at address 0, so that reading there fails with EIO, as a broken disk does.
        Assert.That(() => File.ReadAllBytes("/proc/self/mem"), Throws.InstanceOf<IOException>(), "the file that is used for it");

        Assert.That(() => AudioFile.Load("/proc/self/mem"), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Load_Folder_IsNamed() => Assert.That(() => AudioFile.Load("/proc"), Throws.InstanceOf<IOException>().With.Message.Contains("is a folder"));

    [Test]
    public void Load_DeviceOfEndlessZeros_IsRefusedEarly() =>
        Assert.That(() => AudioFile.Load("/dev/zero"), Throws.TypeOf<AudioFormatException>().With.Message.Contains("nothing but zeros").And.Contains("(4 MiB)"));

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

    /// <summary>A named pipe, gone with the test.</summary>
    private sealed class Pipe : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("acestep-pipe-").FullName;

        public Pipe() => Tool.Run("mkfifo", Path);

        public string Path => System.IO.Path.Combine(_folder, "pipe");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
