namespace AceStep.Hub.Tests;

/// <summary>The disk fills up during a download, although there was room for it when it began.</summary>
internal sealed class FullDiskTests : HostileHubFixture
{
    [Test]
    public async Task Get_OntoADiskThatFillsUp_IsAnErrorAndGoesOnWhenThereIsRoom([Values(0, 8_192, 65_536, 192_512)] int room)
    {
        using SmallDisk disk = SmallDisk.Require(megabytes: 2);
        Settings = Settings with { Cache = disk.File("hub") };
        Timing = Timing with { FreeBytes = _ => long.MaxValue };
        disk.FillUpTo(room);

        Assert.That(async () => await Store().GetLoraAsync(Name), Throws.InstanceOf<IOException>().With.Message.Contains("No space left"));

        Assert.That(HubCache.Files(Cache.Snapshot(Name, Commit)), Is.Empty, "nothing is in use that is not whole");
        disk.Empty();
        await AssertArrivesAsync();
        Assert.That(disk.Files.Where(file => file.EndsWith(".incomplete", StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal)), Is.Empty);
    }
}
