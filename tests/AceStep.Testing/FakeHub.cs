using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AceStep.Testing;

/// <summary>
/// A server on this machine that behaves as the hub does: a list of files, small files by itself, large ones by a redirect to
/// another host that serves ranges. What goes wrong is the test's choice.
/// </summary>
public sealed class FakeHub : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<HubRequest> _requests = new();

    private FakeHub(WebApplication app) => _app = app;

    /// <summary>The address that takes the hub's place.</summary>
    public Uri Address { get; private init; } = null!;

    /// <summary>The address that large files come from: another host to a client, since the port is another.</summary>
    public Uri Contents { get; private init; } = null!;

    /// <summary>The repositories, by name.</summary>
    public ConcurrentDictionary<string, FakeRepository> Repositories { get; } = new();

    /// <summary>Other files, by their path on the first address.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Whether the list of files says sizes and hashes; else each file is asked about.</summary>
    public bool ListsHashes { get; set; } = true;

    /// <summary>Answers before the server does; true where that is all.</summary>
    public Func<HttpContext, Task<bool>>? Before { get; set; }

    /// <summary>Sends contents in the server's place; false to leave it to the server.</summary>
    public Func<HttpContext, byte[], Task<bool>>? Sending { get; set; }

    /// <summary>Told of each chunk of contents that was sent.</summary>
    public Action<int>? Sent { get; set; }

    /// <summary>Every request, in order.</summary>
    public IReadOnlyList<HubRequest> Requests => [.. _requests];

    /// <summary>The requests for contents.</summary>
    public IReadOnlyList<HubRequest> ContentRequests => [.. _requests.Where(request => request.Method == "GET" && !request.Path.StartsWith("/api/", StringComparison.Ordinal) && !request.IsRedirected)];

    public static async Task<FakeHub> StartAsync(bool isEncrypted = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (isEncrypted)
                {
                    listen.UseHttps(SelfSigned());
                }
            });
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        WebApplication app = builder.Build();
        FakeHub? hub = null;
        app.Run(context => hub!.AnswerAsync(context));
        await app.StartAsync();
        string[] urls = [.. app.Urls];
        hub = new FakeHub(app) { Address = new Uri(urls[0]), Contents = new Uri(urls[1]) };
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource atOnce = new(TimeSpan.Zero);
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        HubRequest request = HubRequest.Of(context);
        _requests.Enqueue(request);
        if (Before is { } before && await before(context))
        {
            return;
        }

        string path = context.Request.Path.Value!;
        if (path.StartsWith("/api/models/", StringComparison.Ordinal))
        {
            await ListAsync(context, path["/api/models/".Length..]);
        }
        else if (path.StartsWith("/contents/", StringComparison.Ordinal) && FindContents(path["/contents/".Length..]) is { } contents)
        {
            await SendAsync(context, contents);
        }
        else if (Files.TryGetValue(path, out byte[]? file))
        {
            context.Response.Headers.ETag = "\"some-etag\"";
            await SendAsync(context, file);
        }
        else
        {
            await ResolveAsync(context, request, path);
        }
    }

    private async Task ListAsync(HttpContext context, string path)
    {
        string[] parts = path.Split("/revision/");
        if (!Repositories.TryGetValue(parts[0], out FakeRepository? repository))
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["X-Error-Code"] = "RepoNotFound";
            return;
        }

        string revision = Uri.UnescapeDataString(parts[1]);
        if (revision != "main" && revision != repository.Commit && revision != repository.Released)
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "RevisionNotFound";
            return;
        }

        string commit = revision == repository.Released ? repository.Released : repository.Commit;
        await context.Response.WriteAsync(JsonSerializer.Serialize(new
        {
            id = parts[0],
            sha = commit,
            siblings = repository.Files.Select(file => Describe(file.Key, file.Value)),
        }));
    }

    private object Describe(string path, byte[] contents) => (ListsHashes, IsLarge(path)) switch
    {
        (false, _) => new { rfilename = path },
        (_, true) => new { rfilename = path, size = contents.Length, blobId = GitHash(Encoding.ASCII.GetBytes("pointer")), lfs = new { sha256 = Sha256(contents), size = contents.Length, pointerSize = 135 } },
        _ => new { rfilename = path, size = contents.Length, blobId = GitHash(contents) },
    };

    private async Task ResolveAsync(HttpContext context, HubRequest request, string path)
    {
        string[] parts = path.Split('/', 6);
        if (parts.Length < 6 || parts[3] != "resolve" || !Repositories.TryGetValue($"{parts[1]}/{parts[2]}", out FakeRepository? repository) || !repository.Files.TryGetValue(parts[5], out byte[]? contents))
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "EntryNotFound";
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = parts[4] == "main" ? repository.Commit : parts[4];
        if (IsLarge(path))
        {
            request.IsRedirected = true;
            context.Response.Headers["X-Linked-Size"] = contents.Length.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(contents)}\"";
            context.Response.Headers.Location = $"{Contents}contents/{parts[1]}/{parts[2]}/{parts[5]}";
            context.Response.StatusCode = 302;
            return;
        }

        context.Response.Headers.ETag = $"\"{GitHash(contents)}\"";
        await SendAsync(context, contents);
    }

    private byte[]? FindContents(string path)
    {
        string[] parts = path.Split('/', 3);
        return Repositories.TryGetValue($"{parts[0]}/{parts[1]}", out FakeRepository? repository) ? repository.Files.GetValueOrDefault(parts[2]) : null;
    }

    private async Task SendAsync(HttpContext context, byte[] contents)
    {
        if (Sending is { } sending && await sending(context, contents))
        {
            return;
        }

        int from = 0;
        if (context.Request.GetTypedHeaders().Range?.Ranges.Single() is { From: { } first })
        {
            from = (int)first;
            if (from >= contents.Length)
            {
                context.Response.StatusCode = 416;
                context.Response.Headers.ContentRange = $"bytes */{contents.Length}";
                return;
            }

            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{contents.Length - 1}/{contents.Length}";
        }

        context.Response.ContentLength = contents.Length - from;
        if (context.Request.Method == "HEAD")
        {
            return;
        }

        for (int sent = from; sent < contents.Length; sent += Chunk)
        {
            int length = Math.Min(Chunk, contents.Length - sent);
            await context.Response.Body.WriteAsync(contents.AsMemory(sent, length), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            Sent?.Invoke(length);
        }
    }

    public static string Sha256(byte[] contents) => Convert.ToHexStringLower(SHA256.HashData(contents));

    /// <summary>What Git calls contents: "git hash-object".</summary>
    public static string GitHash(byte[] contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData([.. Encoding.ASCII.GetBytes($"blob {contents.Length}\0"), .. contents]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith("tokenizer.json", StringComparison.Ordinal);

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}

/// <summary>A repository of the fake hub.</summary>
/// <param name="Commit">The commit of its main branch.</param>
/// <param name="Files">Its files.</param>
public sealed record FakeRepository(string Commit, Dictionary<string, byte[]> Files)
{
    /// <summary>An older commit with the same files; null for none.</summary>
    public string? Released { get; init; }
}

/// <summary>A request that the fake hub has seen.</summary>
public sealed record HubRequest(string Method, string Path, string Host, string? Range, string? Authorization)
{
    /// <summary>Whether it was led on to another address.</summary>
    public bool IsRedirected { get; set; }

    public static HubRequest Of(HttpContext context) => new(
        context.Request.Method,
        context.Request.Path.Value!,
        $"{context.Connection.LocalPort}",
        context.Request.Headers.Range is { Count: > 0 } range ? range.ToString() : null,
        context.Request.Headers.Authorization is { Count: > 0 } authorization ? authorization.ToString() : null);
}
