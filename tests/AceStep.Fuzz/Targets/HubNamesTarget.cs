using AceStep.Hub;

namespace AceStep.Fuzz.Targets;

/// <summary>Names of models, revisions and files, and a reference of a cache that names a commit: all become paths.</summary>
internal sealed class HubNamesTarget : FuzzTarget
{
    private static readonly Uri Endpoint = new(HubSettings.DefaultEndpoint);

    private readonly string _root = Scratch.Folder("hub-names");
    private readonly string _reference;

    public HubNamesTarget()
    {
        string repository = new HubCache(_root).Repository("a/b");
        _reference = Path.Combine(Directory.CreateDirectory(Path.Combine(repository, "refs")).FullName, HubCache.DefaultRevision);
        Directory.CreateDirectory(Path.Combine(repository, "snapshots", "0123456789abcdef0123456789abcdef01234567"));
    }

    public override string Name => "hub-names";

    public override string Reads => "ModelName.Parse, SafePath, Checksum, HubSettings, refs of a cache";

    public override IReadOnlyList<string> Words =>
    [
        "https://huggingface.co/", "http://localhost/", "/tree/main", "/resolve/main/", "/blob/", "owner/name", "@v1.0", "@0123456789abcdef0123456789abcdef01234567", "..", "../", "con", "nul.txt", ".git",
        ".safetensors", "--", "\n", "\0", "%2F", "%2e%2e", "user:password@", "[::1]", "~/", "${HOME}",
    ];

    public override void Read(byte[] input)
    {
        string text = InputText.Of(input);
        CheckReference(text);
        CheckPath(text);
        CheckSettings(text);
        Require(Checksum.TryParse(text) is not { } checksum || checksum.Digits.All(char.IsAsciiHexDigitLower), "a hash has digits alone");
        CheckName(text);
    }

    public override bool IsRefusal(Exception error) => error is ArgumentException;

    private void CheckName(string text)
    {
        if (ModelName.Parse(text, Endpoint) is not ModelName.OnHub name)
        {
            return;
        }

        Require(!name.ToString().Any(char.IsControl), "a name is one line");
        HubCache cache = new(_root);
        string repository = cache.Repository(name.Repository);
        Require(Path.GetDirectoryName(Path.GetFullPath(repository)) == _root, "a repository is a folder of the cache");
        string revision = name.Revision ?? HubCache.DefaultRevision;
        Require(IsBelow(Path.Combine(repository, "refs", revision), Path.Combine(repository, "refs")), "a revision is below its references");
        Require(name.File is null || IsBelow(SafePath.Below(cache.Snapshot(name.Repository, "0"), name.File), cache.Snapshot(name.Repository, "0")), "a file is below its snapshot");
        _ = cache.FindCommit(name.Repository, revision);
    }

    private void CheckPath(string text)
    {
        if (SafePath.IsSafe(text))
        {
            Require(IsBelow(SafePath.Below(_root, text), _root), "a safe path stays below its folder");
        }
    }

    private void CheckReference(string text)
    {
        File.WriteAllText(_reference, text);
        HubCache cache = new(_root);
        string? commit = cache.FindCommit("a/b", HubCache.DefaultRevision);
        Require(commit is null || commit.All(char.IsAsciiHexDigitLower), "a commit has digits alone");
        string repository = cache.Repository("a/b");
        string? snapshot = HubCache.MainSnapshot(repository);
        Require(snapshot is null || IsBelow(snapshot, Path.Combine(repository, "snapshots")), "a snapshot is one of the repository's");
    }

    private static void CheckSettings(string text)
    {
        // A folder with a zero in its name is the caller's mistake, and says so as .NET does.
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return;
        }

        HubSettings settings = HubSettings.From(name => name is "HF_HOME" or "HF_HUB_CACHE" or "HF_TOKEN" ? text : null);
        Require(Path.IsPathFullyQualified(settings.Cache) && settings.Token?.Any(char.IsControl) != true, "a cache is a folder, a token one word");
    }

    private static bool IsBelow(string path, string folder) => Path.GetFullPath(path).StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
