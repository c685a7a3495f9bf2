using System.Runtime.InteropServices;

namespace AceStep.Models.Tests;

/// <summary>Reading and relaxing TorchSharp's library for Linux, and files that only look like it.</summary>
public sealed class CxxRequirementsTests
{
    private static readonly Lazy<string> Library = new(() => Path.Combine(
        Path.GetDirectoryName(LibtorchFolders.OfThisProcess().FindBinding())!, "libLibTorchSharp.so"));

    [OneTimeSetUp]
    public void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("TorchSharp's library for Linux lies only there in the outputs.");
        }
    }

    [Test]
    public void Relax_TheLibrary_ChangesOneFlagAndOneVersion()
    {
        byte[] original = File.ReadAllBytes(Library.Value);
        byte[] relaxed = [.. original];

        CxxRequirements.Relax(relaxed);

        int[] changed = [.. Enumerable.Range(0, original.Length).Where(i => original[i] != relaxed[i])];
        Assert.That(changed, Has.Length.InRange(1, 1 + 4 + 4), "a flag, and a hash and a name of four bytes each");
        Assert.That(changed[^1] - changed[0], Is.LessThan(0x210), "within the section of version needs");

        byte[] twice = [.. relaxed];
        CxxRequirements.Relax(twice);
        Assert.That(twice, Is.EqualTo(relaxed));
    }

    [Test]
    public void Relax_TenThousandDamagedFiles_ReadsOrRefusesEach()
    {
        byte[] original = File.ReadAllBytes(Library.Value);
        Random random = new(11);
        int refused = 0;
        byte[] image = [.. original];
        for (int i = 0; i < 10_000; i++)
        {
            // Headers of file and sections, and the section of versions, are where a change matters.
            List<int> places = [];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int place = random.Next(3) switch { 0 => random.Next(64), 1 => original.Length - 1 - random.Next(32 * 64), _ => 0x3f8f0 + random.Next(0x210) };
                places.Add(place);
                image[place] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(random.Next(2) * 255);
            }

            int length = random.Next(8) == 0 ? random.Next(original.Length) : original.Length;
            try
            {
                CxxRequirements.Relax(image.AsSpan(0, length));
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            foreach (int place in places)
            {
                image[place] = original[place];
            }

            original.AsSpan(0x3f8f0, 0x210).CopyTo(image.AsSpan(0x3f8f0));
        }

        Assert.That(refused, Is.InRange(1_000, 9_999), "some changes hit what is read, some do not");
    }

    [TestCase(0)]
    [TestCase(63)]
    [TestCase(5_000)]
    [TestCase(1_000_000)]
    public void RequireWhole_CutShort_IsRefused(int length)
    {
        using TemporaryFile file = new();
        File.WriteAllBytes(file.Path, File.ReadAllBytes(Library.Value)[..length]);

        Assert.Throws<InvalidDataException>(() => ElfFile.RequireWhole(file.Path));
    }

    [Test]
    public void RequireWhole_AnythingElse_IsRefused()
    {
        using TemporaryFile file = new();
        File.WriteAllText(file.Path, new string('x', 4096));

        Assert.Throws<InvalidDataException>(() => ElfFile.RequireWhole(file.Path));
        Assert.DoesNotThrow(() => ElfFile.RequireWhole(Library.Value));
    }

    [Test]
    public void WriteToCache_ThenLoad_Works()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using TemporaryFolder folder = new();
        byte[] image = File.ReadAllBytes(Library.Value);
        CxxRequirements.Relax(image);

        string path = LibraryImage.WriteToCache(image, folder.File("cache"));

        Assert.That(File.ReadAllBytes(path), Is.EqualTo(image));
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(Directory.EnumerateFiles(folder.File("cache")).Count(), Is.EqualTo(1), "nothing half-written is left");
        NativeLibrary.Free(NativeLibrary.Load(path));
    }

    [Test]
    public void WriteToCache_WhereALinkLies_TakesItsPlace()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using TemporaryFolder folder = new();
        byte[] image = [1, 2, 3];
        string path = LibraryImage.WriteToCache(image, folder.File("cache"));
        string others = folder.Write("others.so", "another's");
        File.Delete(path);
        File.CreateSymbolicLink(path, others);

        LibraryImage.WriteToCache(image, folder.File("cache"));

        Assert.That(new FileInfo(path).LinkTarget, Is.Null);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(image));
        Assert.That(File.ReadAllText(others), Is.EqualTo("another's"));
    }

    [Test]
    public void FindLibtorch_WithoutOne_NamesThePackages()
    {
        LibtorchFolders folders = new([Path.GetTempPath()], named: null);

        Assert.That(() => folders.FindLibtorch(), Throws.TypeOf<LibtorchException>().With.Message.Contains("TorchSharp-cpu").And.Message.Contains(Libtorch.FolderVariable));
        Assert.That(() => folders.FindBinding(), Throws.TypeOf<LibtorchException>().With.Message.Contains("TorchSharp"));
    }

    [Test]
    public void FindLibtorch_NamedFolderWithoutIt_SaysSo()
    {
        LibtorchFolders folders = new([], named: Path.GetTempPath());

        Assert.That(() => folders.FindLibtorch(), Throws.TypeOf<LibtorchException>().With.Message.Contains(Path.GetTempPath()));
    }

    [Test]
    public void FindLibtorch_NamedBesideTheProgramsOwn_IsRefused()
    {
        string own = LibtorchFolders.OfThisProcess().FindLibtorch();
        using TemporaryFolder folder = new();
        folder.Write(LibtorchFolders.MainLibrary, "");

        Assert.That(() => new LibtorchFolders([own], folder.Path).FindLibtorch(), Throws.TypeOf<LibtorchException>().With.Message.Contains(own));
    }

    [Test]
    public void UseHugePages_AndSleepingThreads_OnceLibtorchIsLoaded_SayThatTheyAreTooLate()
    {
        Libtorch.Initialize();

        Assert.That((Libtorch.UseHugePages(), Libtorch.UseSleepingThreads()), Is.EqualTo((false, false)));
    }

    [Test]
    public void RequiredVersion_IsTorchSharps() =>
        Assert.That(TorchSharp.torch.__version__, Does.StartWith($"{Libtorch.RequiredVersion}."));
}
