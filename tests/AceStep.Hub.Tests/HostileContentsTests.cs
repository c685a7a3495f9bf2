using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>Contents and redirects that fail, lie or attack.</summary>
internal sealed class HostileContentsTests : HostileHubFixture
{
    [Test]
    public void Get_WrongBytes_IsRefusedAndNothingKept()
    {
        byte[] wrong = [.. Contents];
        wrong[123_456] ^= 1;
        Hub.Sending = async (context, _) =>
        {
            await SendAsync(context, wrong, From(context), wrong.Length - From(context));
            return true;
        };

        AssertFails($"it must be sha256:{FakeHub.Sha256(Contents)}");
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(2), "once more, since the wrong part could have been an earlier attempt's");
    }

    [Test]
    public async Task Get_Gzip_IsUnpacked()
    {
        Hub.Sending = async (context, contents) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using GZipStream zipped = new(context.Response.Body, CompressionLevel.Fastest);
            await zipped.WriteAsync(contents);
            return true;
        };

        await AssertArrivesAsync();
    }

    [Test]
    public void Get_AGzipBomb_StopsAtTheSizeOfTheFile()
    {
        Hub.Sending = async (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using GZipStream zipped = new(context.Response.Body, CompressionLevel.Fastest);
            byte[] nothing = new byte[1024 * 1024];
            for (int megabytes = 0; megabytes < 1024 && !context.RequestAborted.IsCancellationRequested; megabytes++)
            {
                await zipped.WriteAsync(nothing);
            }

            return true;
        };

        AssertFails("sent more than the 200000 bytes");
    }

    [TestCase(199_999)]
    [TestCase(200_001)]
    public void Get_AnotherLength_IsRefusedBeforeItComes(int length)
    {
        Hub.Sending = async (context, _) =>
        {
            context.Response.ContentType = "text/html";
            await SendAsync(context, new byte[length], 0, length);
            return true;
        };

        AssertFails($"sent {length} bytes of text/html");
    }

    [Test]
    public void Get_MoreThanWasSaid_IsRefused()
    {
        Hub.Sending = async (context, contents) =>
        {
            // Without a length: the client has to count.
            await context.Response.Body.WriteAsync(contents);
            await context.Response.Body.WriteAsync(new byte[] { 1 });
            return true;
        };

        AssertFails("sent more than the 200000 bytes");
    }

    [Test]
    public void Get_EndlessRedirects_EndInAnError()
    {
        Hub.Before = context =>
        {
            bool isContents = context.Request.Path.StartsWithSegments("/contents");
            context.Response.StatusCode = isContents ? 302 : 200;
            context.Response.Headers.Location = isContents ? $"{Hub.Contents}contents/{Guid.NewGuid()}" : default;
            return Task.FromResult(isContents);
        };

        AssertFails("more than 8 times");
        Assert.That(Hub.Requests, Has.Count.LessThan(20));
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://127.0.0.1/x")]
    [TestCase(null)]
    public void Get_ARedirectToNoAddress_IsRefused(string? location)
    {
        Hub.Before = context =>
        {
            bool isContents = context.Request.Path.StartsWithSegments("/contents");
            context.Response.StatusCode = isContents ? 302 : 200;
            context.Response.Headers.Location = isContents ? location : default;
            return Task.FromResult(isContents);
        };

        AssertFails("redirected without an address");
    }

    [Test]
    public async Task Get_ByARedirect_TakesTheTokenToTheHubAlone()
    {
        await AssertArrivesAsync();

        Assert.That(Hub.Requests.Where(request => request.Host == $"{Hub.Address.Port}").Select(request => request.Authorization), Is.All.EqualTo("Bearer hf_secret").And.Not.Empty);
        Assert.That(Hub.Requests.Where(request => request.Host == $"{Hub.Contents.Port}").Select(request => request.Authorization), Is.All.Null.And.Not.Empty);
    }

    [TestCase("https://hub.example/a", "http://cdn.example/b")]
    public void Next_FromAnEncryptedToAnOpenConnection_IsRefused(string from, string to) =>
        Assert.That(() => HubClient.Next(new Uri(from), new Uri(to), new Uri(from)), Throws.TypeOf<DownloadException>().With.Message.Contains("which is not allowed"));

    [TestCase("/b", "https://hub.example/b")]
    [TestCase("//cdn.example/b", "https://cdn.example/b")]
    [TestCase("c?x=1", "https://hub.example/a/c?x=1")]
    public void Next_OfARelativeAddress_IsResolved(string location, string expected) =>
        Assert.That(HubClient.Next(new Uri("https://hub.example/a/b"), new Uri(location, UriKind.RelativeOrAbsolute), new Uri("https://hub.example/a/b")), Is.EqualTo(new Uri(expected)));

    [Test]
    public async Task Get_AnUntrustedCertificate_IsRefusedAtOnce()
    {
        await using FakeHub encrypted = await FakeHub.StartAsync(isEncrypted: true);
        Settings = Settings with { Endpoint = encrypted.Address };

        AssertFails("cannot be trusted");
        Assert.That(encrypted.Requests, Is.Empty, "not even the token was sent");
    }
}
