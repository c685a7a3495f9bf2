using System.Reflection;
using System.Security.Cryptography;
using AceStep.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Page;

/// <summary>The page, from the assembly: index.html at / (for browsers; Cog's clients get their own there) and /p/{id}, the rest under /page/.</summary>
internal sealed class PageEndpoints
{
    private const string Prefix = "page/";

    /// <summary>Nothing is fetched from elsewhere, and no other site shows the page in a frame.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self' data: blob:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8", [".css"] = "text/css; charset=utf-8", [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml", [".png"] = "image/png", [".ico"] = "image/x-icon", [".json"] = "application/json", [".webmanifest"] = "application/manifest+json",
    };

    private readonly Dictionary<string, Asset> _assets = Load();

    public void Map(IEndpointRouteBuilder root)
    {
        EndpointAccess open = new() { IsOpen = true };
        root.MapMethods("/p/{id}", HttpVerbs.Reading, context => SendAsync(context, "index.html")).WithMetadata(open);
        root.MapMethods("/page/{**name}", HttpVerbs.Reading, context => SendAsync(context, (string)context.Request.RouteValues["name"]!)).WithMetadata(open);
    }

    /// <summary>Whether a request comes from a browser that wants to show a page.</summary>
    public bool IsWanted(HttpRequest request) =>
        _assets.ContainsKey("index.html") && request.GetTypedHeaders().Accept.Any(type => type.MediaType == "text/html");

    /// <summary>Sends a part of the page.</summary>
    public async Task SendAsync(HttpContext context, string name)
    {
        if (!_assets.TryGetValue(name, out Asset? asset))
        {
            throw Problem.NotFound();
        }

        context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-cache";
        await Results.Bytes(asset.Content, asset.ContentType, entityTag: asset.Tag).ExecuteAsync(context);
    }

    private static Dictionary<string, Asset> Load()
    {
        Assembly assembly = typeof(PageEndpoints).Assembly;
        Dictionary<string, Asset> assets = [];
        foreach (string resource in assembly.GetManifestResourceNames().Where(resource => resource.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using MemoryStream content = new();
            stream.CopyTo(content);
            byte[] bytes = content.ToArray();
            string tag = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
            assets[resource[Prefix.Length..]] = new Asset(bytes, Types.GetValueOrDefault(Path.GetExtension(resource), "application/octet-stream"), new EntityTagHeaderValue($"\"{tag}\""));
        }

        return assets;
    }

    private sealed record Asset(byte[] Content, string ContentType, EntityTagHeaderValue Tag);
}
