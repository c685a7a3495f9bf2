using System.Diagnostics;
using System.Security.Authentication;
using NATS.Client.Core;
using NATS.NKeys;

namespace AceStep.Server.Queue.Nats;

/// <summary>How the connection behaves, and how the first one is made.</summary>
internal static class NatsConnections
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls end by themselves while the server is away, which they do not by default; and the client logs nothing: addresses may hold passwords.</summary>
    /// <exception cref="IOException">The file of the nkey holds none.</exception>
    public static NatsOpts Options(NatsQueueOptions options) => NatsOpts.Default with
    {
        Url = options.Url,
        Name = "acestep",
        PublishTimeoutOnDisconnected = true,
        CommandTimeout = Limit,
        RequestTimeout = Limit,
        ConnectTimeout = Limit,
        PingInterval = TimeSpan.FromSeconds(5),
        ReconnectWaitMin = TimeSpan.FromMilliseconds(250),
        ReconnectWaitMax = TimeSpan.FromSeconds(1),
        AuthOpts = new NatsAuthOpts
        {
            Username = options.User,
            Password = options.Password,
            Token = options.Token,
            CredsFile = options.CredentialsFile,
            Seed = SeedOf(options.NkeyFile) is { } seed ? seed.Text : null,
            NKey = SeedOf(options.NkeyFile) is { } key ? key.PublicKey : null,
        },
        TlsOpts = new NatsTlsOpts { CaFile = options.CaFile, CertFile = options.CertificateFile, KeyFile = options.KeyFile },
    };

    /// <exception cref="IOException">It does not answer, or refuses.</exception>
    public static async Task OpenAsync(NatsConnection connection, NatsQueueOptions options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await connection.ConnectAsync().AsTask().WaitAsync(cancellationToken);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                if (Refusal(error) is { } refusal)
                {
                    throw new IOException($"The NATS server {options.Address} refuses the connection: {refusal}", error);
                }

                if (Stopwatch.GetElapsedTime(started) >= options.ConnectPatience)
                {
                    throw new IOException($"The NATS server {options.Address} does not answer.", error);
                }
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>The seed in a file, wherever it stands in it, as NATS' own tools write and read it.</summary>
    private static (string Text, string PublicKey)? SeedOf(string? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            string text = File.ReadLines(file).Take(100).Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("SU", StringComparison.Ordinal)) ?? throw new FormatException("no line begins with SU");
            using KeyPair pair = KeyPair.FromSeed(text);
            return (text, pair.GetPublicKey());
        }
        catch (Exception error) when (error is not IOException)
        {
            // What the file holds is not repeated: it may be a secret.
            throw new IOException($"The file {file} contains no seed of a user's nkey.");
        }
    }

    /// <summary>Why waiting would not help; null where it may.</summary>
    private static string? Refusal(Exception error)
    {
        Exception[] causes = [.. Causes(error)];
        Exception? security = causes.FirstOrDefault(cause => cause is AuthenticationException) ?? causes.FirstOrDefault(cause => cause.Message.Contains("TLS authentication", StringComparison.Ordinal));
        return causes.Any(cause => cause is NatsServerException { IsAuthError: true })
                ? "it does not know these credentials (--queue-user, ACESTEP_QUEUE_PASSWORD, ACESTEP_QUEUE_TOKEN, --queue-creds, --queue-nkey)."
            : security is not null ? $"TLS fails: {security.Message} Give the authority's certificate with --queue-ca."
            : causes.FirstOrDefault(cause => cause is NatsException && cause.Message.Contains("TLS", StringComparison.Ordinal))?.Message;
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
