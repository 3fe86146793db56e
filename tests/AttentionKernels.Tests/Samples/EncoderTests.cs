using System.Runtime.InteropServices;
using AttentionKernels.Samples.Architectures.Encoder;
using AttentionKernels.Samples.Architectures.Maps;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Samples;

/// <summary>The encoder of the Architectures sample embeds sentences as ONNX Runtime does, batched and alone.</summary>
/// <remarks>What ONNX Runtime gives stands in MiniLm.embeddings, rounded to fp16:
/// <c>dotnet run -c Release --project bench/AttentionKernels.Peers -- --record-embeddings tests/AttentionKernels.Tests/Samples/MiniLm.embeddings</c></remarks>
public class EncoderTests(TestDevices devices) : DeviceTests(devices)
{
    private const double LargestDistance = 1e-5;
    private const int Batch = 25;

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Embeddings_are_those_of_ONNX_Runtime(Backend backend)
    {
        using var encoder = new SentenceEncoder(Device(backend), SentenceEncoder.ModelAssembly);
        float[] expected = Expected();
        float[] together = [.. SentenceData.All.Chunk(Batch).SelectMany(encoder.Embed)];
        float[] alone = [.. SentenceData.All.SelectMany(sentence => encoder.Embed([sentence]))];

        for (int sentence = 0; sentence < SentenceData.All.Length; sentence++)
        {
            Distance(together, expected, sentence, encoder.Hidden).Should().BeLessThan(LargestDistance, "sentence {0}", sentence);
            Distance(alone, expected, sentence, encoder.Hidden).Should().BeLessThan(LargestDistance, "sentence {0} alone", sentence);
        }
    }

    [Theory, EachBackend]
    public void Short_sentences_are_embedded_on_every_device(Backend backend)
    {
        const int Few = 3;
        using var encoder = new SentenceEncoder(Device(backend), SentenceEncoder.ModelAssembly);
        float[] embeddings = encoder.Embed(SentenceData.All[..Few]);

        for (int sentence = 0; sentence < Few; sentence++)
            Distance(embeddings, Expected(), sentence, encoder.Hidden).Should().BeLessThan(LargestDistance, "sentence {0}", sentence);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Text_is_cut_into_pieces_and_weights_of_attention_are_shares(Backend backend)
    {
        using var encoder = new SentenceEncoder(Device(backend), SentenceEncoder.ModelAssembly);

        int[] tokens = encoder.Tokenize("Naive embeddings, unbelievably good!");
        float[] map = encoder.AttentionMap(tokens, layer: 5);

        tokens.Select(encoder.Piece).Should().Equal(
            "[CLS]", "naive", "em", "##bed", "##ding", "##s", ",", "un", "##bel", "##ie", "##va", "##bly", "good", "!", "[SEP]");
        map.Length.Should().Be(12 * tokens.Length * tokens.Length);
        foreach (float[] row in map.Chunk(tokens.Length))
            row.Sum().Should().BeApproximately(1f, 1e-5f);
        map.Should().NotEqual(encoder.AttentionMap(tokens, layer: 4));
        encoder.Invoking(own => own.AttentionMap(tokens, layer: 6)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0 to 5*");
        encoder.Tokenize(string.Join(' ', Enumerable.Repeat("word", 600))).Should().HaveCount(encoder.MaximumTokens).And.EndWith(tokens[^1]);
    }

    [Fact]
    public void A_map_has_the_softmax_of_the_products_of_each_head()
    {
        // Two tokens of two heads of four elements; 1 / √4 of the products 2, 0 and 4, 6.
        float[] query = [1f, 1f, 0f, 0f, 0f, 0f, 1f, 1f, 0f, 0f, 0f, 0f, 1f, 0f, 0f, 0f];
        float[] key = [1f, 1f, 0f, 0f, 0f, 0f, 2f, 2f, 0f, 0f, 5f, 5f, 3f, 0f, 3f, 3f];

        float[] map = AttentionMap.Of(query, key, new ScoreTerms(2, 2, 4));

        double[] expected = [Share(1, 0), Share(0, 1), 0.5, 0.5, Share(2, 3), Share(3, 2), Share(0, 1.5), Share(1.5, 0)];
        map.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
        static double Share(double own, double other) => 1 / (1 + Math.Exp(other - own));
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused()
    {
        string own = typeof(EncoderTests).Assembly.Location;

        FluentActions.Invoking(() => AssemblyResources.Read(own, "model.onnx")).Should().Throw<InvalidDataException>().WithMessage("*no resource*model.onnx*");
        FluentActions.Invoking(() => AssemblyResources.Read(Path.Combine(Repository.Root, "LICENSE"), "x")).Should().Throw<InvalidDataException>().WithMessage("*not an assembly*");
        FluentActions.Invoking(() => new OnnxWeights([0x3F, 0xFF])).Should().Throw<InvalidDataException>().WithMessage("*not in the format of ONNX*");
    }

    private static float[] Expected() => [.. MemoryMarshal.Cast<byte, Half>(
        File.ReadAllBytes(Path.Combine(Repository.Root, "tests/AttentionKernels.Tests/Samples/MiniLm.embeddings"))).ToArray().Select(number => (float)number)];

    // 1 less the cosine.
    private static double Distance(float[] left, float[] right, int sentence, int hidden)
    {
        double product = 0, leftSquare = 0, rightSquare = 0;
        for (int index = sentence * hidden; index < (sentence + 1) * hidden; index++)
        {
            product += (double)left[index] * right[index];
            leftSquare += (double)left[index] * left[index];
            rightSquare += (double)right[index] * right[index];
        }

        return 1 - (product / Math.Sqrt(leftSquare * rightSquare));
    }
}
