namespace AceStep.Server;

/// <summary>What a process of the server does.</summary>
public enum ServerRole
{
    /// <summary>Everything: it answers clients and makes songs.</summary>
    All,

    /// <summary>It answers clients; workers elsewhere make the songs. Needs a shared queue.</summary>
    Api,

    /// <summary>It makes songs, for front ends elsewhere. Needs a shared queue.</summary>
    Worker,
}
