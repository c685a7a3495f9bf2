using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Http;

/// <summary>
/// Keeps pages of other sites from driving the server through a browser: a page whose name was made to resolve to this
/// machine (DNS rebinding) names another host, and a page elsewhere has another origin.
/// </summary>
internal sealed class HostCheck
{
    private readonly HashSet<string> _hosts;
    private readonly HashSet<string> _origins;
    private readonly bool _anyHost;

    public HostCheck(AceStepServerOptions options)
    {
        _hosts = new HashSet<string>(options.AllowedHosts, StringComparer.OrdinalIgnoreCase);
        if (options.PublicUrl is { } known)
        {
            _hosts.Add(known.Host);
        }

        _origins = new HashSet<string>(options.AllowedOrigins.Select(origin => origin.TrimEnd('/')), StringComparer.OrdinalIgnoreCase);
        // A token proves more than a name does.
        _anyHost = options.AllowsAnyHost || (options.Tokens.Count > 0 && options.AllowedHosts.Count == 0);
    }

    /// <exception cref="Problem">The request names another host, or comes from a page of another origin.</exception>
    public void Require(HttpContext context, string baseUrl)
    {
        HttpRequest request = context.Request;
        if (!_anyHost && !IsAllowed(request.Host))
        {
            throw new Problem(StatusCodes.Status421MisdirectedRequest, "This server does not answer requests for this host name (allow it with --allow-host).");
        }

        if (_origins.Count > 0)
        {
            context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        }

        if (request.Headers.Origin.ToString() is { Length: > 0 } origin)
        {
            bool isOwn = origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase) || baseUrl.StartsWith(origin + "/", StringComparison.OrdinalIgnoreCase) || baseUrl.Equals(origin, StringComparison.OrdinalIgnoreCase);
            if (!isOwn && !_origins.Contains(origin))
            {
                throw new Problem(StatusCodes.Status403Forbidden, "Pages from this origin may not use the server (allow them with --allow-origin).");
            }

            if (!isOwn)
            {
                context.Response.Headers.AccessControlAllowOrigin = origin;
            }
        }
        else if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            throw new Problem(StatusCodes.Status403Forbidden, "Pages from other sites may not use the server.");
        }
    }

    /// <summary>Answers a browser's question before a request of an allowed origin. False where it is no such question.</summary>
    public static bool AnswerPreflight(HttpContext context)
    {
        if (!HttpMethods.IsOptions(context.Request.Method) || !context.Request.Headers.ContainsKey("Access-Control-Request-Method"))
        {
            return false;
        }

        context.Response.Headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE";
        context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type, Prefer, Idempotency-Key, Cancel-After";
        context.Response.Headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }

    private bool IsAllowed(HostString host) =>
        host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address)) || _hosts.Contains(host.Host);
}
