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
    // Of stories260K.
    private const int EmbeddingsOffset = 28;
    private const int Vocabulary = 512;
    private const int Dimension = 64;

    // Tokens of a story, more than two pages and a tile of keys of any kernel.
    private const int Beginning = 70;

    public static IEnumerable<object[]> Cases =>
        from cache in Enum.GetValues<CacheLayout>()
        from story in Enumerable.Range(0, 3)
        select new object[] { cache.ToString(), story };

    public static IEnumerable<int> PageSizes => [1, 7, 64, 256];

    // The emulated device takes 25 s for a story: it tells the first one whole, from pages, and how the others begin.
    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Greedy_text_equals_the_reference(Backend backend, string cache, int story)
    {
        CacheLayout layout = Enum.Parse<CacheLayout>(cache);
        bool isWhole = backend != Backend.Cuda || (layout == CacheLayout.Paged && story == 0);
        Verify(backend, layout, story, pageSize: 16, isWhole ? null : Beginning);
    }

    // The kernels of all sizes are the same.
    [Theory, EachBackend(Cases = nameof(PageSizes), ProcessorsOnly = true), EachBackend(7, CudaOnly = true)]
    public void The_text_is_the_same_with_any_page_size(Backend backend, int pageSize) =>
        Verify(backend, CacheLayout.Paged, story: 1, pageSize, backend == Backend.Cuda ? Beginning : null);

    [Theory, EachBackend]
    public void Weights_of_16_bits_give_nearly_the_same_logits(Backend backend)
    {
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin")));
        float[] expected = Logits(NumberFormat.Float32);
        float largest = expected.Max(MathF.Abs);

        Distance(Logits(NumberFormat.Float16)).Should().BeInRange(1e-6f, 2e-3f);
        Distance(Logits(NumberFormat.BFloat16)).Should().BeInRange(1e-6f, 2e-2f);

        float Distance(float[] logits) => logits.Zip(expected, (own, other) => MathF.Abs(own - other)).Max() / largest;

        float[] Logits(NumberFormat weights)
        {
            using var model = new DeviceLanguageModel(checkpoint, CacheLayout.Contiguous, Backends.Family(backend), weights: weights);
            model.Prefill([1, 403, 407, 261, 378]);
            model.Decode(317);
            return model.Logits().ToArray();
        }
    }

    private static void Verify(Backend backend, CacheLayout cache, int story, int pageSize, int? tokens)
    {
        string folder = SharedModels.Folder;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "stories260K.greedy.json")));
        JsonElement reference = expected.RootElement.GetProperty("cases")[story];
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(folder, "stories260K.bin")));
        Tokenizer tokenizer = Tokenizer.Load(new FileInfo(Path.Combine(folder, "tok512.bin")), checkpoint.Shape.Vocabulary);
        using var model = new DeviceLanguageModel(checkpoint, cache, Backends.Family(backend), pageSize);
        using var text = new MemoryStream();

        new Generation(model, tokenizer, new Sampler(0f, 0)).Write(
            reference.GetProperty("prompt").GetString()!, tokens ?? reference.GetProperty("steps").GetInt32(), text);

        byte[] whole = Encoding.UTF8.GetBytes(reference.GetProperty("text").GetString()!);
        byte[] told = text.ToArray();
        told.Length.Should().BeGreaterThanOrEqualTo(tokens ?? whole.Length, "a token is a character at least");
        Encoding.UTF8.GetString(told).Should().Be(Encoding.UTF8.GetString(whole.AsSpan(0, told.Length)));
    }

    [Fact]
    public void A_prompt_with_more_tokens_than_steps_is_refused_before_anything_is_written()
    {
        Checkpoint checkpoint = Checkpoint.Load(new FileInfo(Path.Combine(SharedModels.Folder, "stories260K.bin")));
        Tokenizer tokenizer = Tokenizer.Load(new FileInfo(Path.Combine(SharedModels.Folder, "tok512.bin")), checkpoint.Shape.Vocabulary);
        int tokens = tokenizer.Encode("Once upon a time").Length;
        using var model = new DeviceLanguageModel(checkpoint, CacheLayout.Paged, "cpu", 16);
        using var text = new MemoryStream();
        var generation = new Generation(model, tokenizer, new Sampler(0f, 0));

        generation.Invoking(writer => writer.Write("Once upon a time", tokens - 1, text))
            .Should().Throw<InvalidDataException>().WithMessage($"*{tokens} tokens*{tokens - 1} steps*");
        text.Length.Should().Be(0);
        generation.Write("Once upon a time", tokens, text);
        Encoding.UTF8.GetString(text.ToArray()).Should().StartWith("Once upon a time");
    }

    [Fact]
    public void A_truncated_checkpoint_is_refused_with_what_was_found_and_expected() =>
        Refuse(bytes => bytes[..100_000], "*100000*1056540*");

    [Theory]
    [InlineData(EmbeddingsOffset + (4 * ((3 * Dimension) + 5)), float.NaN, "The table of embeddings has*NaN*row 3, column 5*")]
    [InlineData(EmbeddingsOffset + (4 * Vocabulary * Dimension) + (4 * (Dimension + 2)), float.PositiveInfinity, "Layer 1's attention norm has*row 0, column 2*")]
    public void A_weight_that_is_no_finite_number_is_refused_with_its_tensor(int offset, float weight, string says) => Refuse(
        bytes =>
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(offset), weight).Should().BeTrue();
            return bytes;
        },
        says);

    private static void Refuse(Func<byte[], byte[]> damage, string says)
    {
        string damaged = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(damaged, damage(File.ReadAllBytes(Path.Combine(SharedModels.Folder, "stories260K.bin"))));
            Action load = () => Checkpoint.Load(new FileInfo(damaged));

            load.Should().Throw<InvalidDataException>().WithMessage(says);
        }
        finally
        {
            File.Delete(damaged);
        }
    }
}
