using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>The server's own address, as its client knows it.</summary>
internal sealed class BaseUrls(AceStepServerOptions options)
{
    /// <summary>Without a slash at the end.</summary>
    public string Of(HttpRequest request) => options.PublicUrl is { } known
        ? known.GetLeftPart(UriPartial.Path).TrimEnd('/')
        : $"{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}";
}
