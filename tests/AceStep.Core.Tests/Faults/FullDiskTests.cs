namespace AceStep.Core.Tests.Faults;

/// <summary>A disk that is full when a result is to be written to it.</summary>
public sealed class FullDiskTests : PipelineFixture
{
    [Test]
    public async Task SaveSongAndLatents_OntoAFullDisk_KeepTheOlderFiles()
    {
        using SmallDisk disk = SmallDisk.Require(megabytes: 2);
        Song song = (await Pipeline.TextToMusicAsync(TextToMusic)).Songs[0];
        foreach ((string path, Action<string> save) in new (string, Action<string>)[] { (disk.File("song.wav"), path => song.Save(path)), (disk.File("song.latents"), song.Latents.Save) })
        {
            save(path);
            byte[] older = await File.ReadAllBytesAsync(path);
            string[] files = disk.Files;
            foreach (long room in new long[] { 0, 4096 })
            {
                disk.FillUpTo(room);

                Assert.That(() => save(path), Throws.InstanceOf<IOException>(), $"{path} with room for {room} of {older.Length} bytes");

                Assert.That(await File.ReadAllBytesAsync(path), Is.EqualTo(older));
                Assert.That(disk.Files, Is.EqualTo(files));
            }

            disk.Empty();
        }

        AssertFinite(await Pipeline.TextToMusicAsync(TextToMusic));
    }
}
