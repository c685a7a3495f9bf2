using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>Sets of methods that routes answer.</summary>
internal static class HttpVerbs
{
    /// <summary>Who may read may ask what there is to read, too.</summary>
    public static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
}
