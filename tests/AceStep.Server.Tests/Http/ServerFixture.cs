using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>One server for all tests of a class.</summary>
internal abstract class ServerFixture
{
    protected ServerHost Host { get; private set; } = null!;

    /// <summary>Whether the tests make songs, and so wait for the model.</summary>
    protected virtual bool NeedsModel => true;

    [OneTimeSetUp]
    public async Task StartServerAsync()
    {
        Host = await ServerHost.StartAsync(Configure, Add);
        if (NeedsModel)
        {
            await Host.ReadyAsync();
        }
    }

    [OneTimeTearDown]
    public async Task StopServerAsync() => await Host.DisposeAsync();

    /// <summary>Changes what the server has, allows and keeps.</summary>
    protected virtual void Configure(AceStepServerOptions options)
    {
    }

    /// <summary>Adds services that take the place of the server's own.</summary>
    protected virtual void Add(IServiceCollection services)
    {
    }
}
