using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>The server's own address, as its client knows it.</summary>
internal sealed class BaseUrls(AceStepServerOptions options)
{
    /// <summary>Without a slash at the end.</summary>
    /// <exception cref="Problem">The request names a host that can be none. Kestrel refuses most of them, other web servers may not.</exception>
    public string Of(HttpRequest request)
    {
        try
        {
            return options.PublicUrl is { } known
                ? known.GetLeftPart(UriPartial.Path).TrimEnd('/')
                : $"{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}";
        }
        catch (ArgumentException)
        {
            throw new Problem(StatusCodes.Status400BadRequest, "The request's Host header is not a valid host name.");
        }
    }
}
