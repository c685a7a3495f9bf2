using System.Diagnostics;

namespace AceStep.Hub.Tests;

/// <summary>
/// Python's huggingface_hub and this library on one cache. Skipped where Python has no huggingface_hub; <c>ACESTEP_PYTHON</c>
/// names another Python than the first on the path.
/// </summary>
internal sealed class PythonTests : HubFixture
{
    private static readonly string Python = Environment.GetEnvironmentVariable("ACESTEP_PYTHON") is { Length: > 0 } named ? named : "python3";

    [SetUp]
    public void RequirePython()
    {
        if (Run("import huggingface_hub") is { ExitCode: not 0 } result)
        {
            Assert.Ignore($"{Python} has no huggingface_hub: {result.Error.Split('\n')[0]}");
        }
    }

    [Test]
    public async Task Python_AfterUs_FindsEverythingWithoutANetwork()
    {
        string folder = await Store().GetCheckpointAsync(Checkpoint);
        await Hub.DisposeAsync();

        string output = Succeed($"""
            from huggingface_hub import snapshot_download, hf_hub_download, scan_cache_dir
            print(snapshot_download("{Checkpoint}", local_files_only=True))
            print(hf_hub_download("{Checkpoint}", "music_vocoder/config.json", local_files_only=True))
            cache = scan_cache_dir()
            repository, = cache.repos
            print(repository.repo_id, repository.nb_files, repository.size_on_disk, list(repository.refs), len(cache.warnings))
            """);

        string[] lines = output.Trim().Split('\n');
        Assert.That(lines[0], Is.EqualTo(Path.TrimEndingDirectorySeparator(folder)));
        Assert.That(lines[1], Is.EqualTo(Path.Combine(folder, "music_vocoder", "config.json")));
        Assert.That(lines[2], Is.EqualTo($"{Checkpoint} {Released().Count - 1} {Released().Where(file => file.Key != "config.json").Sum(file => file.Value.Length)} ['main'] 0"));
    }

    [Test]
    public async Task Python_BeforeUs_LeavesNothingToFetch()
    {
        string files = string.Join(", ", CheckpointFiles.Select(path => $"\"{path}\""));
        Succeed($"""
            from huggingface_hub import hf_hub_download
            for file in [{files}]:
                hf_hub_download("{Checkpoint}", file)
            """);
        int requests = Hub.Requests.Count;

        string folder = await Store(DownloadMode.Never).GetCheckpointAsync(Checkpoint);

        AssertReleased(folder);
        Assert.That(Hub.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task Python_AfterHalfOfOurs_FetchesTheRest()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        File.Delete(Path.Combine(Cache.Snapshot(Checkpoint, Commit), CheckpointFiles[2]));
        File.Delete(Path.Combine(Cache.Repository(Checkpoint), "blobs", FakeHub.Sha256(Released()[CheckpointFiles[2]])));

        Succeed($"""
            from huggingface_hub import hf_hub_download
            hf_hub_download("{Checkpoint}", "{CheckpointFiles[2]}")
            """);

        AssertReleased(await Store(DownloadMode.Never).GetCheckpointAsync(Checkpoint));
    }

    [Test]
    public void Lock_ThatPythonHolds_IsHeldForUs()
    {
        string path = Path.Combine(Directory.CreateDirectory(Cache.Locks(Checkpoint)).FullName, "x.lock");
        using Process python = Start($"""
            from huggingface_hub.utils import WeakFileLock
            with WeakFileLock("{path}"):
                print("held", flush=True)
                input()
            print("free", flush=True)
            input()
            """);

        Assert.That(python.StandardOutput.ReadLine(), Is.EqualTo("held"));
        Assert.That(FileLock.TryAcquire(path), Is.Null);
        python.StandardInput.WriteLine();
        Assert.That(python.StandardOutput.ReadLine(), Is.EqualTo("free"));
        using FileLock? ours = FileLock.TryAcquire(path);
        Assert.That(ours, Is.Not.Null);
        python.StandardInput.WriteLine();
        python.WaitForExit();
    }

    [Test]
    public void Lock_ThatWeHold_IsHeldForPython()
    {
        string path = Path.Combine(Directory.CreateDirectory(Cache.Locks(Checkpoint)).FullName, "x.lock");
        using FileLock held = FileLock.TryAcquire(path)!;

        string output = Succeed($"""
            from huggingface_hub.utils import WeakFileLock
            try:
                with WeakFileLock("{path}", timeout=0.2):
                    print("free")
            except Exception as error:
                print(type(error).__name__)
            """);

        Assert.That(output.Trim(), Is.EqualTo("Timeout"));
    }

    private string Succeed(string script)
    {
        (int exitCode, string output, string error) = Run(script);
        Assert.That(exitCode, Is.Zero, error);
        return output;
    }

    private (int ExitCode, string Output, string Error) Run(string script)
    {
        using Process python = Start(script);
        Task<string> error = python.StandardError.ReadToEndAsync();
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        return (python.ExitCode, output, error.Result);
    }

    private Process Start(string script)
    {
        ProcessStartInfo start = new(Python, ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HF_HOME"] = Folder;
        start.Environment["HF_HUB_CACHE"] = Settings.Cache;
        start.Environment["HF_ENDPOINT"] = Hub.Address.AbsoluteUri;
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore($"{Python} is not installed.");
            throw;
        }
    }
}
