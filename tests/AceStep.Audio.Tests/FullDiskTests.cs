using AceStep.Pictures;

namespace AceStep.Audio.Tests;

/// <summary>A disk that is full at any place of a file: an error that names the file, the older file kept, nothing half written.</summary>
public sealed class FullDiskTests
{
    private const string Older = "what was there before";

    private SmallDisk _disk = null!;

    [SetUp]
    public void MakeDisk() => _disk = SmallDisk.Require(megabytes: 4);

    [TearDown]
    public void RemoveDisk() => _disk?.Dispose();

    [Test]
    public void Save_OntoAFullDisk_KeepsTheOlderFile([Values] AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"libsndfile with {format} is not installed.");
        }

        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 4 * 48000, 48000);
        AssertNothingHalf($"song.{format}", path => AudioFile.Save(audio, path, format));
    }

    [Test]
    public void SaveAsync_OntoAFullDisk_KeepsTheOlderFile()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 4 * 48000, 48000);
        AssertNothingHalf("song.wav", path => audio.SaveAsync(path).GetAwaiter().GetResult());
    }

    [Test]
    public void SavePicture_OntoAFullDisk_KeepsTheOlderFile()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 48000, 48000);
        AssertNothingHalf("sound.png", path => SoundPicture.Save(audio, path));
    }

    /// <summary>Writes with no room at all, with room for one page, for half of the file, and for all of it but a page.</summary>
    private void AssertNothingHalf(string name, Action<string> write)
    {
        string path = _disk.File(name);
        write(path);
        long whole = new FileInfo(path).Length;
        Assert.That(whole, Is.GreaterThan(3 * 4096), "a file of several pages");
        File.WriteAllText(path, Older);
        foreach (long room in new[] { 0, 4096, whole / 2, whole - 4096 })
        {
            _disk.FillUpTo(room);

            Assert.That(() => write(path), Throws.InstanceOf<IOException>().With.Message.StartsWith($"Cannot write {path}: "), $"with room for {room} of {whole} bytes");

            Assert.That(File.ReadAllText(path), Is.EqualTo(Older));
            Assert.That(_disk.Files, Is.EqualTo(new[] { path }));
        }

        _disk.Empty();
        write(path);
        Assert.That(new FileInfo(path).Length, Is.EqualTo(whole));
    }
}
