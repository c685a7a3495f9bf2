using System.Text;

namespace AceStep.Server.Tests.Http;

/// <summary>JSON that is made to cost: deep, wide, or said twice. Refused in few words.</summary>
internal sealed class HostileJsonTests : ServerFixture
{
    private const int Many = 200_000;

    private static readonly Dictionary<string, (string Body, int[] Statuses)> Bodies = new()
    {
        ["deep arrays"] = ($$$$"""{"input":{"prompt":{{{{new string('[', Many)}}}}{{{{new string(']', Many)}}}}}}""", [400]),
        ["deep objects"] = ($$$$"""{"input":{{{{Repeat("{\"a\":", Many)}}}}1{{{{new string('}', Many)}}}}}""", [400]),
        ["deep and never closed"] = (new string('[', Many), [400]),
        ["many unknown members"] = ($$$$"""{"input":{},{{{{Members(Many)}}}}}""", [422]),
        ["many unknown inputs"] = ($$$$"""{"input":{"infer_steps":5,{{{{Members(Many)}}}}}}""", [422]),
        ["an input many times"] = ($$$$"""{"input":{"infer_steps":5,{{{{string.Join(',', Enumerable.Repeat("\"infer_steps\":6", Many))}}}}}}""", [422]),
        ["input twice"] = ("""{"input":{},"input":[]}""", [422]),
        ["a long name"] = ($$$$"""{"input":{},"{{{{new string('n', 1 << 20)}}}}":1}""", [422]),
        ["a number of many digits"] = ($$$$"""{"input":{"seed":{{{{new string('9', 1 << 20)}}}}}}""", [422]),
        ["a fraction of many digits"] = ($$$$"""{"input":{"guidance_scale":0.{{{{new string('9', 1 << 20)}}}}e400}}""", [422]),
        ["a long choice"] = ($$$$"""{"input":{"scheduler_type":"{{{{new string('s', 1 << 20)}}}}"}}""", [422]),
        ["a long address"] = ($$$$"""{"input":{"task":"audio2audio","input_audio":"http://{{{{new string('h', 1 << 20)}}}}/"}}""", [422]),
        ["a long webhook"] = ($$$$"""{"input":{},"webhook":"http://example.org/{{{{new string('h', 1 << 20)}}}}"}""", [422]),
        ["a long version"] = ($$$$"""{"input":{},"version":"{{{{new string('v', 1 << 20)}}}}"}""", [422]),
        ["a long LoRA"] = ($$$$"""{"input":{"lora_name_or_path":"ACE-Step/{{{{new string('l', 1 << 20)}}}}"}}""", [422]),
        ["many events"] = ($$$$"""{"input":{},"webhook":"http://example.org/","webhook_events_filter":[{{{{string.Join(',', Enumerable.Repeat("\"none\"", Many))}}}}]}""", [422]),
        ["much white space"] = ($$$$"""{"input":{"infer_steps":5{{{{new string(' ', 4 << 20)}}}}}}""", [422]),
        ["a data address of nothing"] = ($$$$"""{"input":{"task":"audio2audio","input_audio":"data:audio/wav;base64,{{{{new string('A', 4 << 20)}}}}"}}""", [422]),
    };

    private static IEnumerable<string> Names => Bodies.Keys;

    protected override bool NeedsModel => false;

    protected override void Configure(AceStepServerOptions options) => options.CreationsPerMinute = 0;

    [TestCaseSource(nameof(Names))]
    public async Task Post_ThatIsMadeToCost_IsRefusedInFewWords(string name)
    {
        (string body, int[] statuses) = Bodies[name];
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await Host.Client.PostAsync("/v1/models/acestep/ace-step/predictions", content);
        string said = await answer.Content.ReadAsStringAsync();

        Assert.That((int)answer.StatusCode, Is.AnyOf([.. statuses]), said[..Math.Min(1000, said.Length)]);
        Assert.That(said, Has.Length.LessThan(20_000));
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static string Members(int count) => string.Join(',', Enumerable.Range(0, count).Select(number => $"\"n{number}\":{number}"));
}
