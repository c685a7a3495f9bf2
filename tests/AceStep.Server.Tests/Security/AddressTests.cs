using System.Net;
using System.Net.Sockets;
using AceStep.Server.Security;

namespace AceStep.Server.Tests.Security;

/// <summary>Which addresses clients may make the server talk to, judged when the connection is made.</summary>
public sealed class AddressTests
{
    [TestCase("127.0.0.1")]
    [TestCase("127.8.9.1")]
    [TestCase("0.0.0.0")]
    [TestCase("10.0.0.1")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.1.1")]
    [TestCase("169.254.169.254")]
    [TestCase("100.64.0.1")]
    [TestCase("224.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("::1")]
    [TestCase("::")]
    [TestCase("fe80::1")]
    [TestCase("fd00::1")]
    [TestCase("ff02::1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("64:ff9b::7f00:1")]
    [TestCase("2002:7f00:1::")]
    [TestCase("2001:db8::1")]
    public void IsPublic_OfAClosedAddress_IsFalse(string address) => Assert.That(AddressRules.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("1.1.1.1")]
    [TestCase("172.32.0.1")]
    [TestCase("192.167.1.1")]
    [TestCase("100.128.0.1")]
    [TestCase("2606:4700:4700::1111")]
    [TestCase("::ffff:8.8.8.8")]
    [TestCase("64:ff9b::808:808")]
    public void IsPublic_OfAnOpenAddress_IsTrue(string address) => Assert.That(AddressRules.IsPublic(IPAddress.Parse(address)), Is.True);

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://example.org/a")]
    [TestCase("gopher://example.org/")]
    [TestCase("javascript:alert(1)")]
    [TestCase("/etc/passwd")]
    [TestCase("http://")]
    [TestCase("")]
    [TestCase("http://169.254.169.254/latest/meta-data")]
    [TestCase("http://127.0.0.1:5000/")]
    [TestCase("http://2130706433/")]
    [TestCase("http://0x7f.1/")]
    [TestCase("http://[::1]/")]
    [TestCase("http://[::ffff:127.0.0.1]/")]
    [TestCase("http://LOCALHOST/")]
    [TestCase("http://localhost./")]
    [TestCase("http://user:password@127.0.0.1/")]
    public void Objection_ToWhatMayNotBe_IsSaid(string address)
    {
        using GuardedHttp http = new(new AceStepServerOptions());

        Assert.That(http.Objection(address), Is.Not.Null);
    }

    [Test]
    public void Objection_ToAnAllowedHost_IsNone()
    {
        AceStepServerOptions options = new();
        options.AllowedPrivateHosts.Add("10.1.2.3");
        using GuardedHttp http = new(options);

        Assert.That(http.Objection("http://10.1.2.3/hook?a=b"), Is.Null);
        Assert.That(http.Objection("http://10.1.2.4/hook"), Is.Not.Null);
        Assert.That(http.Objection("https://example.org/hook"), Is.Null);
    }

    [Test]
    public async Task Fetching_OfANameThatResolvesToThisMachine_ConnectsToNobody()
    {
        using Listener listener = new();
        using GuardedHttp http = new(new AceStepServerOptions());

        // The look-up is real; only the connection's own check stands in the way.
        Assert.That(() => http.Fetching.GetAsync(new Uri($"http://localhost:{listener.Port}/")), Throws.TypeOf<HttpRequestException>().With.Message.Contains("no public address"));
        await Task.Yield();
        Assert.That(listener.WasAsked, Is.False);
    }

    [Test]
    public void Fetching_OfARedirectToAClosedAddress_StopsThere()
    {
        using Listener metadata = new();
        using Listener listener = new($"HTTP/1.1 302 Found\r\nLocation: http://localhost:{metadata.Port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        AceStepServerOptions options = new();
        options.AllowedPrivateHosts.Add("127.0.0.1");
        using GuardedHttp http = new(options);

        Assert.That(() => http.Fetching.GetAsync(new Uri($"http://127.0.0.1:{listener.Port}/")), Throws.TypeOf<HttpRequestException>());
        Assert.That((listener.WasAsked, metadata.WasAsked), Is.EqualTo((true, false)));
    }

    [Test]
    public void Posting_ToTheServerItself_IsRefusedEvenWhereItsAddressIsAllowed()
    {
        using Listener own = new();
        AceStepServerOptions options = new();
        options.AllowedPrivateHosts.Add("127.0.0.1");
        using GuardedHttp http = new(options) { OwnPorts = [own.Port] };

        Assert.That(
            () => http.Posting.PostAsync(new Uri($"http://127.0.0.1:{own.Port}/predictions"), null),
            Throws.TypeOf<HttpRequestException>().With.Message.Contains("this server itself"));
        Assert.That(own.WasAsked, Is.False);
    }

    /// <summary>Takes one connection and gives one answer.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public Listener(string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        {
            _listener.Start();
            _serving = ServeAsync(answer);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public bool WasAsked { get; private set; }

        public void Dispose()
        {
            _listener.Dispose();
            _serving.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }

        private async Task ServeAsync(string answer)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            WasAsked = true;
            NetworkStream stream = client.GetStream();
            var request = new byte[4096];
            _ = await stream.ReadAsync(request);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        }
    }
}
