namespace AceStep.Server.Tests;

/// <summary>A folder for each test.</summary>
internal abstract class FolderFixture
{
    protected TemporaryFolder Folder { get; private set; } = null!;

    [SetUp]
    public void CreateFolder() => Folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => Folder.Dispose();
}
