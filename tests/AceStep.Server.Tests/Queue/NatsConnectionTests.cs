using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AceStep.Server.Queue.Nats;
using NATS.NKeys;

namespace AceStep.Server.Tests.Queue;

/// <summary>Who may use the queue's server, over what, and which servers will do.</summary>
public sealed class NatsConnectionTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder()
    {
        NatsServer.Require();
        _folder = new TemporaryFolder();
    }

    [TearDown]
    public void RemoveFolder() => _folder?.Dispose();

    [Test]
    public async Task ConnectAsync_ToAnOldServer_NamesBothVersions_UnlessThatIsAllowed()
    {
        using NatsServer server = await NatsServer.StartAsync(_folder.Path);
        Version version = await VersionAsync(server);
        if (version >= NatsBackend.OldestServer)
        {
            await using NatsBackend backend = await NatsBackend.ConnectAsync(new NatsQueueOptions { Url = server.Url });
            Assert.That(backend.Warnings, version >= NatsBackend.RecommendedServer ? Is.Empty : Has.Count.EqualTo(1));
            return;
        }

        Assert.That(() => NatsBackend.ConnectAsync(new NatsQueueOptions { Url = server.Url }), Throws.TypeOf<IOException>().With.Message.Contains(version.ToString()).And.Message.Contains("2.10.27 or later"));
        await using NatsBackend allowed = await NatsBackend.ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true });
        Assert.That(allowed.Warnings, Has.One.Contains("tests only"));
    }

    [TestCase("2.9.10", 2, 9, 10)]
    [TestCase("2.10.27-RC.1", 2, 10, 27)]
    [TestCase("2.14.0+build", 2, 14, 0)]
    public void VersionOf_ReadsTheNumbers(string text, int major, int minor, int patch) => Assert.That(NatsBackend.VersionOf(text), Is.EqualTo(new Version(major, minor, patch)));

    [TestCase("")]
    [TestCase("x.y.z")]
    [TestCase("2.9")]
    public void VersionOf_AnythingElse_IsNone(string text) => Assert.That(NatsBackend.VersionOf(text), Is.Null);

    [Test]
    public async Task ConnectAsync_WithoutJetStream_SaysSo()
    {
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "--no-js");

        Assert.That(() => ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true }), Throws.TypeOf<IOException>().With.Message.Contains("no JetStream"));
    }

    [Test]
    public async Task ConnectAsync_WithUserAndPassword_InOptionsOrAddress_Works_AndNoOther()
    {
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "--user", "worker", "--pass", "geheim");
        string host = $"127.0.0.1:{server.Port}";

        await ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, User = "worker", Password = "geheim" });
        await ConnectAsync(new NatsQueueOptions { Url = $"nats://worker:geheim@{host}", AllowsOldServer = true });
        AssertRefused(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, User = "worker", Password = "falsches" }, "falsches");
        AssertRefused(new NatsQueueOptions { Url = $"nats://worker:falsches@{host}", AllowsOldServer = true }, "falsches");
        AssertRefused(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true }, "geheim");
    }

    [Test]
    public async Task ConnectAsync_WithAToken_Works_AndNoOther()
    {
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "--auth", "geheim");

        await ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, Token = "geheim" });
        AssertRefused(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, Token = "falsches" }, "falsches");
    }

    [Test]
    public async Task ConnectAsync_WithAnNkey_Works_AndNoOther()
    {
        KeyPair user = KeyPair.CreatePair(PrefixByte.User);
        string config = _folder.File("server.conf");
        await File.WriteAllTextAsync(config, $"authorization {{ users: [ {{ nkey: {user.GetPublicKey()} }} ] }}\n");
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "-c", config);
        string seed = _folder.File("user.nk");
        await File.WriteAllTextAsync(seed, user.GetSeed());
        string other = _folder.File("other.nk");
        await File.WriteAllTextAsync(other, KeyPair.CreatePair(PrefixByte.User).GetSeed());

        await ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, NkeyFile = seed });
        AssertRefused(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, NkeyFile = other }, "SU");
    }

    [Test]
    public async Task ConnectAsync_WithAFileOfCredentials_Works()
    {
        KeyPair root = KeyPair.CreatePair(PrefixByte.Operator), account = KeyPair.CreatePair(PrefixByte.Account), user = KeyPair.CreatePair(PrefixByte.User);
        JsonObject limits = new() { ["subs"] = -1, ["data"] = -1, ["payload"] = -1, ["imports"] = -1, ["exports"] = -1, ["wildcards"] = true, ["conn"] = -1, ["leaf"] = -1, ["mem_storage"] = -1, ["disk_storage"] = -1, ["streams"] = -1, ["consumer"] = -1 };
        string operatorToken = Jwt(root, root, "operator", []);
        string accountToken = Jwt(account, root, "account", new JsonObject { ["limits"] = limits, ["default_permissions"] = new JsonObject { ["pub"] = new JsonObject(), ["sub"] = new JsonObject() } });
        string userToken = Jwt(user, account, "user", new JsonObject { ["pub"] = new JsonObject(), ["sub"] = new JsonObject(), ["subs"] = -1, ["data"] = -1, ["payload"] = -1 });
        KeyPair system = KeyPair.CreatePair(PrefixByte.Account);
        JsonObject systemLimits = new() { ["subs"] = -1, ["data"] = -1, ["payload"] = -1, ["imports"] = -1, ["exports"] = -1, ["wildcards"] = true, ["conn"] = -1, ["leaf"] = -1 };
        string systemToken = Jwt(system, root, "account", new JsonObject { ["limits"] = systemLimits, ["default_permissions"] = new JsonObject { ["pub"] = new JsonObject(), ["sub"] = new JsonObject() } });
        string config = _folder.File("server.conf");
        await File.WriteAllTextAsync(config, $"operator: {operatorToken}\nsystem_account: {system.GetPublicKey()}\nresolver: MEMORY\nresolver_preload: {{ {account.GetPublicKey()}: {accountToken}, {system.GetPublicKey()}: {systemToken} }}\n");
        string file = _folder.File("user.creds");
        await File.WriteAllTextAsync(file, $"-----BEGIN NATS USER JWT-----\n{userToken}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{user.GetSeed()}\n------END USER NKEY SEED------\n");
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "-c", config);

        await ConnectAsync(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true, CredentialsFile = file });
        AssertRefused(new NatsQueueOptions { Url = server.Url, AllowsOldServer = true }, userToken);
    }

    [Test]
    public async Task ConnectAsync_OverTls_NeedsTheAuthority()
    {
        WriteCertificates();
        using NatsServer server = await NatsServer.StartAsync(_folder.Path, "--tls", "--tlscert", _folder.File("server.pem"), "--tlskey", _folder.File("server.key"));
        string url = $"tls://127.0.0.1:{server.Port}";

        await ConnectAsync(new NatsQueueOptions { Url = url, AllowsOldServer = true, CaFile = _folder.File("ca.pem") });
        Assert.That(() => ConnectAsync(new NatsQueueOptions { Url = url, AllowsOldServer = true }), Throws.TypeOf<IOException>().With.Message.Contains("--queue-ca"));
    }

    [Test]
    public async Task ConnectAsync_OverTls_ToAServerWithoutIt_SaysSo()
    {
        using NatsServer server = await NatsServer.StartAsync(_folder.Path);

        Assert.That(() => ConnectAsync(new NatsQueueOptions { Url = $"tls://127.0.0.1:{server.Port}", AllowsOldServer = true }), Throws.TypeOf<IOException>().With.Message.Contains("TLS"));
    }

    [TestCase("http://127.0.0.1")]
    [TestCase("nats://ok:4222,127.0.0.1:4222")]
    [TestCase("")]
    public void ConnectAsync_ToWhatIsNoAddress_IsRefused(string url) =>
        Assert.That(() => NatsBackend.ConnectAsync(new NatsQueueOptions { Url = url }), Throws.TypeOf<ArgumentException>().With.Message.Contains("nats://HOST:PORT"));

    [TestCase("a.b")]
    [TestCase("")]
    [TestCase("with space")]
    public void ConnectAsync_WithANameThatIsNoPartOfASubject_IsRefused(string name) =>
        Assert.That(() => NatsBackend.ConnectAsync(new NatsQueueOptions { Url = "nats://127.0.0.1", Name = name }), Throws.TypeOf<ArgumentException>().With.Message.Contains("name"));

    [Test]
    public void Address_OfAQueueWithAPassword_LeavesItOut() =>
        Assert.That(new NatsQueueOptions { Url = "nats://user:geheim@one:4222,tls://token@two" }.Address, Is.EqualTo("nats://one:4222,tls://two:4222"));

    private static async Task ConnectAsync(NatsQueueOptions options)
    {
        await using NatsBackend backend = await NatsBackend.ConnectAsync(options);
        await backend.Queue.EnqueueAsync(Jobs.Create("a"));
    }

    private static void AssertRefused(NatsQueueOptions options, string secret) =>
        Assert.That(() => ConnectAsync(options), Throws.TypeOf<IOException>().With.Message.Contains("does not know these credentials").And.Message.Not.Contains(secret));

    private static async Task<Version> VersionAsync(NatsServer server)
    {
        using HttpClient client = new();
        return NatsBackend.VersionOf(JsonNode.Parse(await client.GetStringAsync($"{server.Monitoring}/varz"))!["version"]!.GetValue<string>())!;
    }

    /// <summary>A token as NATS' own tools make it: signed by the issuer's key.</summary>
    private static string Jwt(KeyPair subject, KeyPair issuer, string kind, JsonObject claims)
    {
        claims["type"] = kind;
        claims["version"] = 2;
        JsonObject body = new() { ["jti"] = "x", ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(), ["iss"] = issuer.GetPublicKey(), ["name"] = kind, ["sub"] = subject.GetPublicKey(), ["nats"] = claims };
        string text = $"{Base64Url("""{"typ":"JWT","alg":"ed25519-nkey"}""")}.{Base64Url(body.ToJsonString())}";
        byte[] signature = new byte[64];
        issuer.Sign(Encoding.ASCII.GetBytes(text), signature);
        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private void WriteCertificates()
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), until = from.AddDays(10);
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authorityRequest = new("CN=the tests' authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(from, until);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, from, until, [1, 2, 3]);
        File.WriteAllText(_folder.File("ca.pem"), authority.ExportCertificatePem());
        File.WriteAllText(_folder.File("server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("server.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
