using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Rotary embedding agrees with the oracle, in both styles, at every offset.</summary>
[Trait("Speed", "Quick")]
public class RotaryEmbeddingTests(TestDevices devices) : DeviceTests(devices)
{
    private const double Base = 10_000;

    private static readonly (int Heads, int HeadDimension, int RotaryDimension)[] _sizes =
        [(1, 8, 8), (3, 64, 64), (2, 64, 16), (1, 128, 96), (2, 10, 6), (4, 80, 20), (1, 2, 2), (2, 5, 4)];

    private static readonly int[] _offsets = [0, 15, 99];

    public static IEnumerable<object[]> Cases =>
        from style in Enum.GetValues<RotaryStyle>()
        from size in _sizes
        from offset in _offsets
        select new object[] { style, size.Heads, size.HeadDimension, size.RotaryDimension, offset };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Embedding_agrees_with_the_oracle(Backend backend, RotaryStyle style, int heads, int headDimension, int rotaryDimension, int offset)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [2, 5, heads, headDimension];
        float[] elements = RandomData.Normal(heads + headDimension, shape);
        using var input = GuardedTensor<float>.Of(device, elements, shape, Strides.Padded(shape, 2, 3));
        using var output = GuardedTensor<float>.Poisoned(device, shape, Strides.HeadsFirst(shape));
        using var table = new RotaryTable(device, 128, rotaryDimension);

        device.RotaryEmbedding(input, table, output, style, offset);
        device.Synchronize();

        input.VerifyUnchanged();
        output.Verify();
        int[] positions = [.. Enumerable.Range(0, 10).Select(row => offset + (row % 5))];
        Verify(output.ToArray(), elements, positions, heads, headDimension, rotaryDimension, style);
    }

    [Theory, EachBackend(RotaryStyle.HalfSplit), EachBackend(RotaryStyle.Interleaved)]
    public void Rows_of_whole_fours_have_the_bits_of_rows_that_begin_anywhere(Backend backend, RotaryStyle style)
    {
        AttentionDevice device = Device(backend);
        foreach ((int heads, int headDimension, int rotaryDimension) in ((int, int, int)[])[(3, 64, 64), (2, 64, 16), (1, 128, 96), (5, 12, 8), (2, 24, 12)])
        {
            TensorShape shape = [2, 5, heads, headDimension];
            float[] elements = RandomData.Normal(heads, shape);
            int[] positions = [7, 0, 63, 5, 5, 31, -1, 64, 1, 2];
            using Tensor<float> input = device.Upload(elements, shape);
            using Tensor<float> output = device.Allocate<float>(shape);
            using var anywhere = GuardedTensor<float>.Of(device, elements, shape, Strides.Padded(shape, 1, 3));
            using Tensor<int> devicePositions = device.Upload(positions, [2, 5]);
            using var table = new RotaryTable(device, 64, rotaryDimension);

            device.RotaryEmbedding(input, table, output, style, devicePositions);
            device.RotaryEmbedding(input, table, input, style, devicePositions);
            device.RotaryEmbedding(anywhere, table, anywhere, style, devicePositions);
            device.Synchronize();

            anywhere.Verify();
            output.ToArray().Should().Equal(anywhere.ToArray());
            input.ToArray().Should().Equal(anywhere.ToArray());
        }
    }

    [Theory, EachBackend(RotaryStyle.HalfSplit), EachBackend(RotaryStyle.Interleaved)]
    public void Given_positions_may_be_in_any_order_and_in_place(Backend backend, RotaryStyle style)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [2, 3, 2, 12];
        float[] elements = RandomData.Normal(4, shape);
        int[] positions = [7, 0, 63, 5, 5, 31];
        using var tensor = GuardedTensor<float>.Of(device, elements, shape);
        using Tensor<int> deviceRows = device.Upload(positions, [2, 3]);
        using var table = new RotaryTable(device, 64, 8);

        device.RotaryEmbedding(tensor, table, tensor, style, deviceRows);
        device.Synchronize();

        tensor.Verify();
        Verify(tensor.ToArray(), elements, positions, 2, 12, 8, style);
    }

    [Theory, EachBackend]
    public void A_position_that_the_table_does_not_have_shows_as_NaN(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(1, 3 * 4), [1, 3, 1, 4]);
        using Tensor<float> output = device.Allocate<float>([1, 3, 1, 4]);
        using Tensor<int> positions = device.Upload([-1, 8, 7], [1, 3]);
        using var table = new RotaryTable(device, 8, 4);

        device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, positions);
        device.Synchronize();

        output.ToArray().Select(float.IsNaN).Should().Equal(
            true, true, true, true, true, true, true, true, false, false, false, false);
    }

    [Theory, EachBackend]
    public void Scores_depend_only_on_the_difference_of_positions(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] rows = RandomData.Normal(8, 2 * 32);
        using Tensor<float> input = device.Upload(rows, [2, 1, 1, 32]);
        using Tensor<float> output = device.Allocate<float>([2, 1, 1, 32]);
        using var table = new RotaryTable(device, 256, 32);
        var products = new List<double>();
        foreach (int shift in new[] { 0, 1, 40, 200 })
        {
            using Tensor<int> positions = device.Upload([3 + shift, 20 + shift], [2, 1]);
            device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, positions);
            device.Synchronize();
            float[] rotated = output.ToArray();
            products.Add(Enumerable.Range(0, 32).Sum(index => (double)rotated[index] * rotated[32 + index]));
            rotated.Sum(element => (double)element * element).Should().BeApproximately(rows.Sum(element => (double)element * element), 1e-4);
        }

        products.Should().OnlyContain(product => Math.Abs(product - products[0]) < 1e-4);
    }

    [Theory, EachBackend(RotaryStyle.HalfSplit), EachBackend(RotaryStyle.Interleaved)]
    public void Every_run_gives_the_same_bits(Backend backend, RotaryStyle style)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [2, 9, 3, 20];
        using Tensor<float> input = device.Upload(RandomData.Normal(6, shape), shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        using var table = new RotaryTable(device, 16, 12);
        Repetition.VerifySameBits(backend, null, () =>
        {
            device.RotaryEmbedding(input, table, output, style, 5);
            device.Synchronize();
            return output.ToArray();
        });
    }

    [Theory, EachBackend(RotaryStyle.HalfSplit), EachBackend(RotaryStyle.Interleaved)]
    public void Queries_and_keys_have_the_bits_of_two_launches(Backend backend, RotaryStyle style)
    {
        AttentionDevice device = Device(backend);
        foreach ((int queryHeads, int keyHeads, int headDimension, int rotaryDimension) in ((int, int, int, int)[])[(8, 2, 64, 64), (3, 3, 24, 16), (1, 4, 10, 6), (2, 0, 8, 8), (0, 1, 8, 8)])
        {
            TensorShape queryShape = [2, 5, queryHeads, headDimension], keyShape = [2, 5, keyHeads, headDimension];
            float[] queries = RandomData.Normal(1, queryShape), keys = RandomData.Normal(2, keyShape);
            using var query = GuardedTensor<float>.Of(device, queries, queryShape, Strides.Padded(queryShape, 2, 8));
            using var key = GuardedTensor<float>.Of(device, keys, keyShape);
            using var rotatedQuery = GuardedTensor<float>.Poisoned(device, queryShape);
            using Tensor<float> expectedQuery = device.Upload(queries, queryShape);
            using Tensor<float> expectedKey = device.Upload(keys, keyShape);
            using Tensor<int> positions = device.Upload([7, 0, 63, 5, 5, 31, -1, 64, 1, 2], [2, 5]);
            using var table = new RotaryTable(device, 64, rotaryDimension);

            // Queries to another place, keys where they are.
            device.RotaryEmbedding(new RotaryHeads<float>(query, rotatedQuery), new RotaryHeads<float>(key), table, style, positions);
            device.RotaryEmbedding(expectedQuery, table, expectedQuery, style, positions);
            device.RotaryEmbedding(expectedKey, table, expectedKey, style, positions);
            device.Synchronize();

            query.VerifyUnchanged();
            rotatedQuery.Verify();
            key.Verify();
            rotatedQuery.ToArray().Should().Equal(expectedQuery.ToArray());
            key.ToArray().Should().Equal(expectedKey.ToArray());
        }
    }

    [Theory, EachBackend]
    public void Queries_and_keys_may_be_parts_of_one_tensor(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 7, 12, 16];
        float[] elements = RandomData.Normal(3, shape);
        using var packed = GuardedTensor<float>.Of(device, elements, shape);
        using var table = new RotaryTable(device, 16, 16);
        TensorView<float> view = packed;

        device.RotaryEmbedding(new RotaryHeads<float>(view.Slice(2, 0, 6)), new RotaryHeads<float>(view.Slice(2, 6, 3)), table, RotaryStyle.HalfSplit, firstPosition: 4);
        device.Synchronize();

        packed.Verify();
        float[] result = packed.ToArray();
        int[] positions = [.. Enumerable.Range(4, 7)];
        Verify(Heads(result, 0, 9), Heads(elements, 0, 9), positions, 9, 16, 16, RotaryStyle.HalfSplit);
        Heads(result, 9, 3).Should().Equal(Heads(elements, 9, 3), "values are not rotated");

        static float[] Heads(float[] rows, int first, int count) => [.. rows.Chunk(12 * 16).SelectMany(row => row.Skip(16 * first).Take(16 * count))];
    }

    [Theory, EachBackend]
    public void Sequences_may_have_first_positions_of_their_own(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [3, 4, 2, 12];
        float[] elements = RandomData.Normal(4, shape);
        using var tensor = GuardedTensor<float>.Of(device, elements, shape);
        using var table = new RotaryTable(device, 64, 8);
        int[] firstOnes = [60, 0, 17];
        using Tensor<int> first = device.Upload(firstOnes, [3]);

        device.RotaryEmbedding(tensor, table, tensor, RotaryStyle.Interleaved, first);
        device.Synchronize();

        tensor.Verify();
        Verify(tensor.ToArray(), elements, [.. firstOnes.SelectMany(position => Enumerable.Range(position, 4))], 2, 12, 8, RotaryStyle.Interleaved);
    }

    [Theory, EachBackend]
    public void Position_a_million_is_as_good_as_position_0(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 6, 2, 8];
        float[] elements = RandomData.Normal(9, shape);
        using Tensor<float> tensor = device.Upload(elements, shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        using var table = new RotaryTable(device, 1_000_001, 8);
        foreach (int first in new[] { 0, 999_995 })
        {
            device.RotaryEmbedding(tensor, table, output, RotaryStyle.HalfSplit, first);
            device.Synchronize();
            Verify(output.ToArray(), elements, [.. Enumerable.Range(first, 6)], 2, 8, 8, RotaryStyle.HalfSplit);
        }
    }

    [Theory, EachBackend(RotaryStyle.HalfSplit), EachBackend(RotaryStyle.Interleaved)]
    public void Scaled_frequencies_rotate_and_their_inverse_rotates_back(Backend backend, RotaryStyle style)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 9, 2, 16];
        float[] elements = RandomData.Normal(5, shape);
        RotaryFrequencies frequencies = new RotaryFrequencies(16).Yarn(4, 32);
        using Tensor<float> input = device.Upload(elements, shape);
        using Tensor<float> rotated = device.Allocate<float>(shape);
        using var table = new RotaryTable(device, 128, frequencies);
        using RotaryTable inverse = table.Inverse();

        device.RotaryEmbedding(input, table, rotated, style, firstPosition: 100);
        device.RotaryEmbedding(rotated, inverse, input, style, firstPosition: 100);
        device.Synchronize();

        frequencies.AttentionFactor.Should().BeApproximately(1.1386, 1e-4);
        var oracle = new RotaryOracle([.. frequencies.Values], style == RotaryStyle.Interleaved) { Factor = frequencies.AttentionFactor };
        Verify(rotated.ToArray(), elements, [.. Enumerable.Range(100, 9)], 2, 16, oracle);
        input.ToArray().Zip(elements).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
        using RotaryTable again = inverse.Inverse();
        again.Cosine.ToArray().Should().Equal(table.Cosine.ToArray());
        again.Sine.ToArray().Should().Equal(table.Sine.ToArray());
    }

    private static void Verify(float[] result, float[] input, int[] positions, int heads, int headDimension, int rotaryDimension, RotaryStyle style) =>
        Verify(result, input, positions, heads, headDimension, RotaryOracle.OfBase(Base, rotaryDimension, style == RotaryStyle.Interleaved));

    private static void Verify(float[] result, float[] input, int[] positions, int heads, int headDimension, RotaryOracle oracle) => ErrorRule.Verify(
        result, oracle.Compute(input, positions, heads, headDimension), oracle.Sequential(input, positions, heads, headDimension), input);
}
