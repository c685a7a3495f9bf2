using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>A part's config.json, read as that of each part.</summary>
internal sealed class ConfigTarget : FuzzTarget
{
    private static readonly Action<byte[]>[] Parsers =
    [
        json => TransformerConfig.Parse(json, "config.json"),
        json => AutoencoderConfig.Parse(json, "config.json"),
        json => VocoderConfig.Parse(json, "config.json"),
        json => Umt5Config.Read(ConfigReader.Parse(json, "config.json")),
    ];

    public override string Name => "config";

    public override string Reads => "the four config.json of a checkpoint";

    public override IReadOnlyList<string> Words =>
    [
        "\"attention_head_dim\":", "\"num_attention_heads\":", "\"num_layers\":", "\"patch_size\":[", "\"ssl_names\":[", "\"ssl_latent_dims\":[", "\"rope_theta\":", "\"encoder_block_types\":[",
        "\"ResBlock\"", "\"EfficientViTBlock\"", "\"encoder_qkv_multiscales\":[[", "\"decoder_layers_per_block\":[", "\"upsample_rates\":[", "\"resblock_dilation_sizes\":[[", "\"use_template\":false",
        "\"feed_forward_proj\":\"gated-gelu\"", "\"vocab_size\":", "\"d_kv\":", "\\ud800", "null",
    ];

    public override void Read(byte[] input)
    {
        int refused = 0;
        foreach (Action<byte[]> parse in Parsers)
        {
            try
            {
                parse(input);
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        // It counts as read where any of them reads it.
        if (refused == Parsers.Length)
        {
            throw new CheckpointFormatException("config.json", "is none of the four");
        }
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;
}
