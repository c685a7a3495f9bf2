using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace AceStep.Server.Tests.Http;

/// <summary>Uploads whose names, types and descriptions are anything: taken or refused by name, and whatever was taken can be read again.</summary>
internal sealed class HostileUploadTests : ServerFixture
{
    private static readonly byte[] Sound = Sounds.Wav(0.1);

    protected override bool NeedsModel => false;

    protected override void Configure(AceStepServerOptions options) => options.CreationsPerMinute = 0;

    [TestCase("a.wav\r\nSet-Cookie: a=b", "audio/wav")]
    [TestCase("\"; filename=\"other", "audio/wav")]
    [TestCase("../../etc/passwd", "audio/wav")]
    [TestCase("C:\\..\\con", "audio/wav")]
    [TestCase("\u202ewav.exe", "audio/wav")]
    [TestCase("ä💥\0.wav", "audio/wav")]
    [TestCase("a.wav", "audio/wav\r\nSet-Cookie: a=b")]
    [TestCase("a.wav", "audio/é")]
    [TestCase("a.wav", "audio/")]
    [TestCase("a.wav", "audio/wav, text/html")]
    [TestCase("a.wav", "text/html")]
    [TestCase("a.wav", "audio/wav; charset=\"\u0001\"")]
    public async Task Upload_OfAnyNameAndType_IsSentAsAudioAndNothingElse(string name, string type)
    {
        string id = (await (await UploadAsync(name, type, "{}")).ExpectAsync(201)).Text("id");

        using HttpResponseMessage answer = await Host.Client.GetAsync($"/v1/files/{id}/download?download");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Does.StartWith("audio/"));
        Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
        Assert.That(answer.Content.Headers.ContentDisposition?.DispositionType, Is.EqualTo("attachment"));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(Sound));
    }

    [Test]
    public void Upload_OfAnything_IsTakenAndReadable_OrRefusedByName()
    {
        Gen<string> texts = ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "");
        Gen<string> types = Gen.OneOf(texts, texts.Select(text => "audio/" + text), Gen.Elements("audio/mpeg", "AUDIO/WAV", "audio/ogg; codecs=opus"));
        Gen<string> metadata = Gen.OneOf(
            texts,
            Gen.Elements("{}", "[]", "null", "{\"a\":{\"b\":[1]}}", "{\"\":\"\"}", "{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}", "{\"a\":1,\"a\":2}"),
            from key in texts from value in texts select JsonSerializer.Serialize(new Dictionary<string, string> { [key] = value }));
        Prop.ForAll((from name in texts from type in types from about in metadata select (name, type, about)).ToArbitrary(), form =>
        {
            using HttpResponseMessage answer = UploadAsync(form.name, form.type, form.about).GetAwaiter().GetResult();
            if (answer.StatusCode != HttpStatusCode.Created)
            {
                Assert.That((int)answer.StatusCode, Is.EqualTo(422).Or.EqualTo(400), form.ToString());
                return;
            }

            string id = answer.JsonAsync().GetAwaiter().GetResult().Text("id");
            foreach (string path in (string[])[$"/v1/files/{id}", $"/v1/files/{id}/download", "/v1/files"])
            {
                using HttpResponseMessage read = Host.Client.GetAsync(path).GetAwaiter().GetResult();
                Assert.That(read.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path} {form}");
            }

            using HttpResponseMessage deleted = Host.Client.DeleteAsync($"/v1/files/{id}").GetAwaiter().GetResult();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20261128, 7));
    }

    [Test]
    public async Task Upload_BeyondTheShareOfUploads_Is507_AndTheSongsStay()
    {
        await using ServerHost host = await ServerHost.StartAsync(options => options.MaxDataBytes = 10 * Sound.Length);
        List<string> ids = [];
        HttpResponseMessage answer;
        while ((answer = await UploadAsync("a.wav", "audio/wav", "{}", host)).IsSuccessStatusCode)
        {
            ids.Add((await answer.JsonAsync()).Text("id"));
        }

        Assert.That((await answer.ExpectAsync(507)).Text("detail"), Does.Contain("Uploaded files have all the room"));
        Assert.That(ids, Has.Count.InRange(3, 5), "half of the room");
        using HttpResponseMessage deleted = await host.Client.DeleteAsync($"/v1/files/{ids[0]}");
        await (await UploadAsync("a.wav", "audio/wav", "{}", host)).ExpectAsync(201);
    }

    [TestCase(101, 10)]
    [TestCase(2, 70_000)]
    public async Task Upload_OfTooManyOrTooLargeParts_IsRefused(int parts, int length)
    {
        using MultipartFormDataContent form = [];
        for (int part = 0; part < parts; part++)
        {
            form.Add(new StringContent(new string('x', length)), $"metadata[{part}]");
        }

        await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(400);
    }

    private async Task<HttpResponseMessage> UploadAsync(string name, string type, string metadata, ServerHost? host = null)
    {
        ByteArrayContent content = new(Sound);
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "content", FileName = "a.wav" };
        using MultipartFormDataContent form = new() { { content, "content", "a.wav" }, { Part(name), "filename" }, { Part(type), "type" }, { Part(metadata), "metadata" } };
        return await (host ?? Host).Client.PostAsync("/v1/files", form);

        static ByteArrayContent Part(string text) => new(Encoding.UTF8.GetBytes(text));
    }
}
