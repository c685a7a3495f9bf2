using System.Net.Sockets;
using System.Text;

namespace AceStep.Server.Tests.Http;

/// <summary>Bytes that are hardly HTTP, and clients that do not read: refused, dropped, and no harm to others.</summary>
internal sealed class RawHttpTests : ServerFixture
{
    [TestCase("GET /v1/predictions HTTP/1.1\r\n\r\n", "400", Description = "no Host")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example.org\r\n\r\n", "400")]
    [TestCase("GET /v1/predictions HTTP/1.0\r\n\r\n", "421")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: \r\n\r\n", "421")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1@evil.example.org\r\n\r\n", "4")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: evil.example.org#127.0.0.1\r\n\r\n", "4")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1.\r\n\r\n", "4")]
    [TestCase("GET http://evil.example.org/v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400")]
    [TestCase("GET http://evil.example.org/v1/predictions HTTP/1.1\r\nHost: evil.example.org\r\n\r\n", "421")]
    [TestCase("CONNECT evil.example.org:443 HTTP/1.1\r\nHost: evil.example.org:443\r\n\r\n", "4")]
    [TestCase("POST /predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n{\"input\":{\"infer_steps\":5}}\r\n0\r\n\r\nGET /v1/account HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "4", Description = "two lengths")]
    [TestCase("POST /predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "400")]
    [TestCase("POST /predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n{}", "400")]
    [TestCase("POST /predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n", "400")]
    [TestCase("POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n", "400")]
    [TestCase("POST /predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "400")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nX\0: 1\r\n\r\n", "400")]
    [TestCase("GET /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: 1\r\n\r\n", "400")]
    [TestCase("GET /v1/\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400")]
    [TestCase("GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "4")]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "")]
    [TestCase("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", "", Description = "TLS")]
    public async Task Bytes_ThatAreNoGoodRequest_AreRefused_AndTheServerGoesOn(string request, string status)
    {
        string answer = await SendAsync(Host.Port, request);

        Assert.That(answer, status.Length == 0 ? Is.Not.Null : Does.StartWith($"HTTP/1.1 {status}"));
        Assert.That(answer.Split("HTTP/1.1 ").Skip(1).Select(one => one[0]), Has.None.EqualTo('2'), "nothing is smuggled in behind");
        await (await Host.Client.GetAsync("/v1/predictions")).ExpectAsync(200);
    }

    [Test]
    public async Task Health_WhileAllRequestsAreTaken_IsAnswered_AndHalfOfThemAreForEvents()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => options.MaxRequests = 4);
        List<HttpResponseMessage> readers = [await EventsAsync(host), await EventsAsync(host)];
        try
        {
            using HttpResponseMessage third = await EventsAsync(host);
            Assert.That((await third.ExpectAsync(503)).Text("detail"), Does.Contain("2 readers of events"));
            await (await host.Client.GetAsync("/v1/predictions")).ExpectAsync(200);
            using TcpClient first = await HalfAsync(host.Port), second = await HalfAsync(host.Port);
            while ((int)(await host.Client.GetAsync("/v1/account")).StatusCode != 503)
            {
                await Task.Delay(20);
            }

            await (await host.Client.GetAsync("/health-check")).ExpectAsync(200);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }

        while (!(await host.Client.GetAsync("/v1/account")).IsSuccessStatusCode)
        {
            await Task.Delay(20);
        }
    }

    [Test]
    public async Task Readers_ThatDoNotRead_AreDropped_AndTheirPlacesAreFree()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => (options.MaxRequests, options.SlowestReader) = (4, new(1 << 20, TimeSpan.FromSeconds(1.1))));
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav(120)), "content", "a.wav" } };
        string id = (await (await host.Client.PostAsync("/v1/files", form)).ExpectAsync(201)).Text("id");
        List<TcpClient> readers = [];
        try
        {
            for (int number = 0; number < 4; number++)
            {
                TcpClient reader = new() { ReceiveBufferSize = 4096 };
                readers.Add(reader);
                await reader.ConnectAsync("127.0.0.1", host.Port);
                await reader.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/files/{id}/download HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
            }

            while ((int)(await host.Client.GetAsync("/v1/account")).StatusCode != 503)
            {
                await Task.Delay(20);
            }

            // Nobody has gone: the server lets go of those who take nothing.
            while (!(await host.Client.GetAsync("/v1/account")).IsSuccessStatusCode)
            {
                await Task.Delay(100);
            }
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    [Test]
    public async Task SmallBodies_InPieces_DoNotWaitForOthersThatAreSlow()
    {
        await Host.ReadyAsync();
        List<TcpClient> slow = [];
        try
        {
            for (int number = 0; number < 16; number++)
            {
                slow.Add(await HalfAsync(Host.Port));
            }

            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = new StringContent("""{"input":{"infer_steps":5}}""", Encoding.UTF8, "application/json") };
            request.Headers.TransferEncodingChunked = true;

            await (await Host.Client.SendAsync(request)).ExpectAsync(422);
            Assert.That(slow.Select(client => client.Available), Has.All.Zero, "none of them has been answered or dropped");
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
    }

    private static Task<HttpResponseMessage> EventsAsync(ServerHost host) => host.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Half of a creation, in pieces of which the last does not come.</summary>
    private static async Task<TcpClient> HalfAsync(int port)
    {
        TcpClient client = new("127.0.0.1", port);
        await client.GetStream().WriteAsync("POST /v1/models/acestep/ace-step/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"u8.ToArray());
        return client;
    }

    /// <summary>Sends bytes, and gives what comes back until the server has nothing more to say.</summary>
    private static async Task<string> SendAsync(int port, string request)
    {
        using TcpClient client = new("127.0.0.1", port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using StreamReader reader = new(stream, Encoding.Latin1);
        StringBuilder answer = new();
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                answer.AppendLine(line);
                if (line.Length == 0 && client.Connected)
                {
                    // The first answer's head is there. Of one that is waited for the server would take this for the client's going.
                    client.Client.Shutdown(SocketShutdown.Send);
                }
            }
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The server has ended the connection.
        }

        return answer.ToString();
    }
}
