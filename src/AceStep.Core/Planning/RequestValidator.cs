namespace AceStep.Planning;

/// <summary>Checks a request against <see cref="MusicCapabilities"/> before any work.</summary>
internal static class RequestValidator
{
    /// <exception cref="InvalidRequestException">A field breaks a rule.</exception>
    public static void Validate(MusicRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireParts(request);
        foreach (FieldCapability field in MusicCapabilities.Table[request.Task].Fields)
        {
            field.Check(request);
        }

        foreach (Refusal refusal in MusicCapabilities.Table.Refusals)
        {
            refusal.Check(request);
        }
    }

    /// <summary>Nullable annotations bind nobody at run time.</summary>
    private static void RequireParts(MusicRequest request)
    {
        Require(request.Generation, nameof(request.Generation));
        Require(request.Generation.OwnSteps, "Generation.OwnSteps");
        Require(request.Seed, nameof(request.Seed));
        switch (request)
        {
            case AudioToAudioRequest audioToAudio:
                Require(audioToAudio.Source, "Source");
                break;
            case ContinuationRequest continuation:
                Require(continuation.Source, "Source");
                Require(continuation.VariationSeed, "VariationSeed");
                break;
            case InpaintingRequest inpainting:
                Require(inpainting.Source, "Source");
                Require(inpainting.VariationSeed, "VariationSeed");
                break;
            case StyleTransferRequest transfer:
                Require(transfer.Source, "Source");
                Require(transfer.VariationSeed, "VariationSeed");
                break;
            case AccompanimentRequest accompaniment:
                Require(accompaniment.Vocals, "Vocals");
                break;
            case VariationRequest variation:
                Require(variation.VariationSeed, "VariationSeed");
                break;
        }

        if (request is GuidedMusicRequest guided)
        {
            Require(guided.Guidance, nameof(guided.Guidance));
        }
    }

    private static void Require(object? part, string name)
    {
        if (part is null)
        {
            throw new InvalidRequestException(name, "must not be null.");
        }
    }
}
