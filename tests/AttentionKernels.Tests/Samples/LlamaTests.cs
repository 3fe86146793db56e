using System.Text;
using System.Text.Json;
using AttentionKernels.Samples.Llama;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The Llama sample tells exactly the stories that the reference program tells, on every device with either cache.</summary>
public class LlamaTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<object[]> Cases =>
        from cache in Enum.GetValues<CacheLayout>()
        from story in Enumerable.Range(0, 3)
        select new object[] { cache.ToString(), story };

    public static IEnumerable<int> PageSizes => [1, 7, 64, 256];

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Greedy_text_equals_the_reference(Backend backend, string cache, int story)
    {
        Verify(backend, Enum.Parse<CacheLayout>(cache), story, pageSize: 16);
    }

    [Theory, EachBackend(Cases = nameof(PageSizes))]
    public void The_text_is_the_same_with_any_page_size(Backend backend, int pageSize) => Verify(backend, CacheLayout.Paged, story: 1, pageSize);

    private static void Verify(Backend backend, CacheLayout cache, int story, int pageSize)
    {
        string folder = SharedModels.Folder;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "stories260K.greedy.json")));
        JsonElement reference = expected.RootElement.GetProperty("cases")[story];
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(folder, "stories260K.bin")));
        Tokenizer tokenizer = Tokenizer.Load(new FileInfo(Path.Combine(folder, "tok512.bin")), checkpoint.Shape.Vocabulary);
        using var model = new DeviceLanguageModel(checkpoint, cache, Backends.Family(backend), pageSize);
        using var text = new MemoryStream();

        new Generation(model, tokenizer, new Sampler(0f, 0)).Write(
            reference.GetProperty("prompt").GetString()!, reference.GetProperty("steps").GetInt32(), text);

        Encoding.UTF8.GetString(text.ToArray()).Should().Be(reference.GetProperty("text").GetString());
    }

    [Fact]
    public void A_truncated_checkpoint_is_refused_with_what_was_found_and_expected()
    {
        string whole = Path.Combine(SharedModels.Folder, "stories260K.bin");
        string truncated = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(truncated, File.ReadAllBytes(whole)[..100_000]);
            Action load = () => Checkpoint.Load(new FileInfo(truncated));

            load.Should().Throw<InvalidDataException>().WithMessage("*100000*1056540*");
        }
        finally
        {
            File.Delete(truncated);
        }
    }
}
