using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace AceStep.Server.Security;

/// <summary>
/// HTTP to addresses that clients name. Each connection's address is checked when it is made, redirects' too, and it is the
/// checked address that is connected to: a name that resolves otherwise a moment later gains nothing.
/// </summary>
internal sealed class GuardedHttp : IDisposable
{
    private readonly HashSet<string> _allowedPrivateHosts;
    private readonly HttpClient _fetching;
    private readonly HttpClient _posting;

    public GuardedHttp(AceStepServerOptions options)
    {
        _allowedPrivateHosts = new HashSet<string>(options.AllowedPrivateHosts.Select(host => host.Trim('[', ']')), StringComparer.OrdinalIgnoreCase);
        _fetching = Create(redirects: true);
        _posting = Create(redirects: false);
    }

    /// <summary>Follows a few redirects. The caller bounds time and size.</summary>
    public HttpClient Fetching => _fetching;

    /// <summary>Follows no redirects. The caller bounds time and size.</summary>
    public HttpClient Posting => _posting;

    /// <summary>The ports that this server itself listens on: nobody reaches them through it.</summary>
    public IReadOnlyCollection<int> OwnPorts { get; set; } = [];

    /// <summary>What can be said of an address without looking anything up; null where nothing is against it.</summary>
    public string? Objection(string address)
    {
        if (address.Length > 4096 || !Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return "must be an http or https address";
        }

        string host = uri.IdnHost.Trim('[', ']');
        bool isClosed = host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? literal) && !AddressRules.IsPublic(literal));
        return isClosed && !_allowedPrivateHosts.Contains(host)
            ? $"must not name a private address; {host} is one (--allow-private lets the server talk to it)"
            : null;
    }

    public void Dispose()
    {
        _fetching.Dispose();
        _posting.Dispose();
    }

    private HttpClient Create(bool redirects) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = redirects,
        MaxAutomaticRedirections = 5,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MaxResponseHeadersLength = 32,
        ConnectCallback = ConnectAsync,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "acestep" } },
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string host = context.DnsEndPoint.Host.Trim('[', ']');
        int port = context.DnsEndPoint.Port;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        IPAddress[] allowed = [.. addresses.Where(address => (AddressRules.IsPublic(address) || _allowedPrivateHosts.Contains(host)) && !IsOwn(address, port))];
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(addresses.Any(address => IsOwn(address, port))
                ? $"{host}:{port} is this server itself."
                : $"{host} has no public address (--allow-private lets the server talk to it).");
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsOwn(IPAddress address, int port)
    {
        if (!OwnPorts.Contains(port))
        {
            return false;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IPAddress.IsLoopback(plain) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any)
            || NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(plain));
    }
}
