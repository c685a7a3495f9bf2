namespace AceStep.Hub;

/// <summary>A file whose size and contents are known to this program.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Checksum">The SHA-256 of its contents.</param>
internal sealed record KnownFile(long Bytes, Checksum Checksum);

/// <summary>A repository of the hub at one commit, with sizes and hashes of its files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Files">Its files by path. A file that is not in the list is verified against the hub's own hash.</param>
internal sealed record KnownRepository(string Name, string Commit, IReadOnlyDictionary<string, KnownFile> Files);

/// <summary>A file that does not come from the hub.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Address">Its address.</param>
/// <param name="File">Its size and contents.</param>
internal sealed record KnownAsset(string Name, Uri Address, KnownFile File);

/// <summary>A dictionary that comes in an archive (tar, gzip).</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Folder">The folder of the dictionary within the archive, with a slash at the end.</param>
/// <param name="Files">The files that are unpacked from it, by name.</param>
internal sealed record KnownDictionary(KnownAsset Archive, string Folder, IReadOnlyDictionary<string, KnownFile> Files);

/// <summary>The released files: their sizes and hashes, and the addresses of those that the hub does not have. Immutable.</summary>
internal sealed record KnownFiles
{
    /// <summary>The name for downloading the lyric vocabulary.</summary>
    public const string LyricVocabularyName = "lyric-vocabulary";

    /// <summary>The name for downloading the Japanese dictionary.</summary>
    public const string DictionaryName = "unidic-lite";

    /// <summary>The released checkpoint's name on the hub.</summary>
    public const string ReleasedName = "ACE-Step/ACE-Step-v1-3.5B";

    // The original's source at the commit that this port follows; the file is not in the released checkpoint.
    private const string LyricVocabularyAddress =
        "https://raw.githubusercontent.com/ace-step/ACE-Step/d612523f50e252c0e138e68ae75b06223f96e934/acestep/models/lyrics_utils/vocab.json";

    // The only place to get this dictionary: its source repository leaves it out because of its size.
    private const string DictionaryAddress =
        "https://files.pythonhosted.org/packages/55/2b/8cf7514cb57d028abcef625afa847d60ff1ffbf0049c36b78faa7c35046f/unidic-lite-1.0.8.tar.gz";

    /// <summary>The released checkpoint.</summary>
    public required KnownRepository Checkpoint { get; init; }

    /// <summary>The released model's lyric vocabulary.</summary>
    public required KnownAsset LyricVocabulary { get; init; }

    /// <summary>The dictionary with which the original reads Japanese.</summary>
    public required KnownDictionary Dictionary { get; init; }

    /// <summary>The released files.</summary>
    public static KnownFiles Released { get; } = new()
    {
        Checkpoint = new KnownRepository(ReleasedName, "82cd0d7b6322bd28cd4e830fe675ddb6180ce36c", new Dictionary<string, KnownFile>
        {
            ["config.json"] = Known(639, "4d78beb6afb4c7f3705256b44faaf60f3e1e2d78f4015ca87740f3695d7f5447"),
            ["ace_step_transformer/config.json"] = Known(639, "4d78beb6afb4c7f3705256b44faaf60f3e1e2d78f4015ca87740f3695d7f5447"),
            ["ace_step_transformer/diffusion_pytorch_model.safetensors"] = Known(6_611_422_728, "e810f16728d8a2e0d1b9c3a907aac8c9a427ce38edbd890cb3dce5ff92da5aad"),
            ["music_dcae_f8c8/config.json"] = Known(1_034, "b14a49a8c52a52c2c8050098af1a946810a8a1a0b6e50abc75ba81371383cf04"),
            ["music_dcae_f8c8/diffusion_pytorch_model.safetensors"] = Known(313_646_516, "2b0cb469307ac50659d1880db2a99bae47d0df335cbb36853964662d4b80e8ee"),
            ["music_vocoder/config.json"] = Known(940, "39ddc4c417e01dc3be1862fcf315887358dd61b7f91c3cc8227f65072984bb55"),
            ["music_vocoder/diffusion_pytorch_model.safetensors"] = Known(206_350_988, "c92c9b46e28ab7b37b777780cf4308ad7ddac869636bb77aa61599358c4bc1c0"),
            ["umt5-base/config.json"] = Known(848, "afae5da9a35e2b293cee66536f03fc2581cfc3f3d5707d3a262b552748de1572"),
            ["umt5-base/model.safetensors"] = Known(1_127_460_248, "779cec0d210b2123e21d0a9cd8128f02b4d412627355028965a8be0b241cc3b6"),
            ["umt5-base/special_tokens_map.json"] = Known(7_079, "456b58fd240a06c743a7c2cf8008bec501240d68ebd1fc4018ea569505fea270"),
            ["umt5-base/tokenizer.json"] = Known(16_837_459, "20a46ac256746594ed7e1e3ef733b83fbc5a6f0922aa7480eda961743de080ef"),
            ["umt5-base/tokenizer_config.json"] = Known(61_728, "ed9a3a8b0faa71a70a32847e0435fe036e6e112d4df4edb7bb48a921e344dc05"),
        }),
        LyricVocabulary = new KnownAsset(LyricVocabularyName, new Uri(LyricVocabularyAddress), Known(364_005, "c2a66ea48c478c0bb9acb5497144b926acdeaa37128faa799508d40f2b9cc558")),
        Dictionary = new KnownDictionary(
            new KnownAsset(DictionaryName, new Uri(DictionaryAddress), Known(47_356_746, "db9d4572d9fdd4d00a97949d4b0741ec480ee05a7e7e2e32f547500dae27b245")),
            "unidic-lite-1.0.8/unidic_lite/dicdir/",
            new Dictionary<string, KnownFile>
            {
                ["sys.dic"] = Known(187_680_870, "122c4c91f026bf4b65bbe2dfd8b9f8eeb6ab56d8eb2a7287a68bca75708ba513"),
                ["matrix.bin"] = Known(71_544_726, "88fb99efe1075d9b8b40e01bb2751e4095f1612618f2490af776eb5ed39190a9"),
                ["char.bin"] = Known(262_496, "dd31396563d8924645b80fd3c9aa7b13ca089d7748f25553a1d6bc3f9b511ae8"),
                ["unk.dic"] = Known(5_475, "e3b92803feeb6c2712c796b905317ec192a59729d2c1e92b2728d454169541c4"),
                ["dicrc"] = Known(1_444, "fcd17f35752de1417859a15e2e1f043d666da03f36dc632e8c0ed46887883a59"),
            }),
    };

    /// <summary>The known files of a repository at a commit; null if they are not known.</summary>
    public KnownRepository? At(string repository, string commit) => repository == Checkpoint.Name && commit == Checkpoint.Commit ? Checkpoint : null;

    private static KnownFile Known(long bytes, string sha256) => new(bytes, Checksum.Sha256(sha256));
}
