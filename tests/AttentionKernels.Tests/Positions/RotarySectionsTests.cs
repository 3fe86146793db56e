using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Multi-section rotary embedding: each pair turns by the token's position in its section.</summary>
[Trait("Speed", "Quick")]
public class RotarySectionsTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Batch = 2;
    private const int Tokens = 5;
    private const int TablePositions = 300;

    // Pairs of each section, and whether they take turns; one section is plain rotary embedding, one has no pair.
    private static readonly (int[] Pairs, bool InTurn)[] _ways =
        [([16, 24, 24], false), ([24, 20, 20], true), ([1, 1], false), ([3, 0, 2], false), ([5], false), ([4, 1], true)];

    public static IEnumerable<object[]> Cases =>
        from style in Enum.GetValues<RotaryStyle>() from way in Enumerable.Range(0, _ways.Length) select new object[] { style, way };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Rotation_agrees_with_the_oracle(Backend backend, RotaryStyle style, int way)
    {
        const int Heads = 3;
        AttentionDevice device = Device(backend);
        int[] sections = Sections(way);
        int headDimension = (2 * sections.Length) + 2;
        int[] positions = Positions(_ways[way].Pairs.Length);
        TensorShape shape = [1, Batch * Tokens, Heads, headDimension];
        float[] elements = RandomData.Normal(way, shape);
        using var table = new RotaryTable(device, TablePositions, 2 * sections.Length);
        using var rows = RotaryTable.OfTokens(device, (Batch * Tokens) + 1, 2 * sections.Length);
        using var heads = GuardedTensor<float>.Of(device, elements, shape);
        using var given = GuardedTensor<int>.Of(device, positions, [_ways[way].Pairs.Length, Batch, Tokens]);
        using var ofPairs = GuardedTensor<int>.Of(device, sections, [sections.Length]);
        float[] behind = RandomData.Normal(1, sections.Length);
        rows.Cosine.View.Slice(0, Batch * Tokens, 1).CopyFrom(behind);

        device.GatherRotary(table, given, ofPairs, rows);
        device.RotaryEmbedding(heads, rows, heads, style);
        device.Synchronize();

        given.VerifyUnchanged();
        ofPairs.VerifyUnchanged();
        heads.Verify();
        rows.Cosine.View.Slice(0, Batch * Tokens, 1).ToArray().Should().Equal(behind);
        Verify(heads.ToArray(), elements, positions, sections, Heads, headDimension, style);
    }

    [Theory, EachBackend]
    public void Positions_may_have_any_strides_and_streams_are_in_order(Backend backend)
    {
        AttentionDevice device = Device(backend);
        int[] sections = RotarySections.Consecutive(2, 1, 3);
        int[] positions = Positions(3);
        int[] turned = [.. from token in Enumerable.Range(0, Batch * Tokens) from section in Enumerable.Range(0, 3) select positions[(section * Batch * Tokens) + token]];
        TensorShape shape = [1, Batch * Tokens, 2, 12];
        float[] elements = RandomData.Normal(3, shape);
        using var table = new RotaryTable(device, TablePositions, 12);
        using Tensor<float> heads = device.Upload(elements, shape);
        using Tensor<int> given = device.Upload(turned, [Batch, Tokens, 3]);
        using Tensor<int> ofPairs = device.Upload(sections, [6]);
        using AcceleratorStream first = device.Accelerator.CreateStream();
        using AcceleratorStream second = device.Accelerator.CreateStream();

        using (var rows = RotaryTable.OfTokens(device, Batch * Tokens, 12))
        {
            device.GatherRotary(table, given.View.Transpose(1, 2).Transpose(0, 1), ofPairs, rows, first);
            device.RotaryEmbedding(heads, rows, heads, RotaryStyle.HalfSplit, stream: second);
        }

        Verify(heads.ToArray(), elements, positions, sections, 2, 12, RotaryStyle.HalfSplit);
    }

    [Theory, EachBackend]
    public void What_the_table_or_the_positions_do_not_have_shows_as_NaN(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var table = new RotaryTable(device, 8, 8);
        using var rows = RotaryTable.OfTokens(device, 3, 8);
        using Tensor<int> positions = device.Upload([0, 8, 7, -1, 1, 7], [2, 1, 3]);
        using Tensor<int> sections = device.Upload([0, 1, 2, -1], [4]);

        device.GatherRotary(table, positions, sections, rows);

        rows.Cosine.ToArray().Select(float.IsNaN).Should().Equal(false, true, true, true, true, false, true, true, false, false, true, true);
        rows.Sine.ToArray().Select(float.IsNaN).Should().Equal(rows.Cosine.ToArray().Select(float.IsNaN));
    }

    [Theory, EachBackend]
    public void Rows_of_the_inverse_table_undo_a_rotation(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, Batch * Tokens, 2, 16];
        float[] elements = RandomData.Normal(4, shape);
        using var table = new RotaryTable(device, TablePositions, 16);
        using RotaryTable inverse = table.Inverse();
        using var rows = RotaryTable.OfTokens(device, Batch * Tokens, 16);
        using Tensor<float> heads = device.Upload(elements, shape);
        using Tensor<int> positions = device.Upload(Positions(3), [3, Batch, Tokens]);
        using Tensor<int> sections = device.Upload(RotarySections.Interleaved(3, 3, 2), [8]);

        foreach (RotaryTable one in (RotaryTable[])[table, inverse])
        {
            device.GatherRotary(one, positions, sections, rows);
            device.RotaryEmbedding(heads, rows, heads, RotaryStyle.Interleaved);
        }

        heads.ToArray().Should().Equal(elements, (found, element) => Math.Abs(found - element) < 1e-6);
    }

    [Theory, EachBackend]
    public void Without_tokens_nothing_is_gathered(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var table = new RotaryTable(device, 4, 4);
        using var rows = RotaryTable.OfTokens(device, 1, 4);
        rows.Cosine.CopyFrom([1f, 2f]);
        using Tensor<int> positions = device.Allocate<int>([3, 1, 0]);
        using Tensor<int> sections = device.Upload([0, 1], [2]);

        device.GatherRotary(table, positions, sections, rows);

        rows.Cosine.ToArray().Should().Equal(1f, 2f);
    }

    [Fact]
    public void Sections_follow_each_other_or_take_turns()
    {
        RotarySections.Consecutive(1, 3, 2).Should().Equal(0, 1, 1, 1, 2, 2);
        RotarySections.Interleaved(4, 2, 1).Should().Equal(0, 1, 2, 0, 1, 0, 0);
        RotarySections.Interleaved(3).Should().Equal(0, 0, 0);
    }

    private static int[] Sections(int way) =>
        _ways[way].InTurn ? RotarySections.Interleaved(_ways[way].Pairs) : RotarySections.Consecutive(_ways[way].Pairs);

    // [sections, batch, tokens].
    private static int[] Positions(int sections)
    {
        var random = new Random(sections);
        return [.. Enumerable.Range(0, sections * Batch * Tokens).Select(_ => random.Next(TablePositions))];
    }

    // A pair at a time: the oracle rotates all by the positions of that pair's section, and one pair is taken of it.
    private static void Verify(
        float[] rotated, float[] elements, int[] positions, int[] sections, int heads, int headDimension, RotaryStyle style)
    {
        bool isInterleaved = style == RotaryStyle.Interleaved;
        var oracle = RotaryOracle.OfBase(RotaryTable.DefaultBase, 2 * sections.Length, isInterleaved);
        double[] expected = [.. elements.Select(element => (double)element)];
        float[] sequential = [.. elements];
        for (int pair = 0; pair < sections.Length; pair++)
        {
            int[] own = [.. positions.Skip(sections[pair] * Batch * Tokens).Take(Batch * Tokens)];
            double[] exact = oracle.Compute(elements, own, heads, headDimension);
            float[] rounded = oracle.Sequential(elements, own, heads, headDimension);
            for (int row = 0; row < elements.Length; row += headDimension)
            {
                foreach (int element in isInterleaved ? (int[])[2 * pair, (2 * pair) + 1] : [pair, pair + sections.Length])
                {
                    expected[row + element] = exact[row + element];
                    sequential[row + element] = rounded[row + element];
                }
            }
        }

        ErrorRule.Verify(rotated, expected, sequential, elements);
    }
}
