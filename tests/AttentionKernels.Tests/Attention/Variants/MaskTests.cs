using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;
using static AttentionKernels.Tests.Attention.Variants.MaskDefinitions;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>The library's masks agree with their definitions in every kernel of a backend, contiguous, paged and cascade.</summary>
public class MaskTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly ScoreBy _asIs = new((score, _) => score);

    [Theory, EachBackend(0, 0), EachBackend(1, 0), EachBackend(33, 5), EachBackend(SlidingWindowMask.Unlimited, 3), EachBackend(7, SlidingWindowMask.Unlimited)]
    public void A_sliding_window_has_keys_on_both_sides(Backend backend, int left, int right)
    {
        Verify(backend, new SlidingWindowMask(left, right), Allows);
        VerifyPages(backend, new SlidingWindowMask(left, right), Allows);
        bool Allows(Position at) => at.Key - (long)at.QueryPosition <= right && at.QueryPosition - (long)at.Key <= left;
    }

    [Theory, EachBackend(1), EachBackend(13), EachBackend(64), EachBackend(5000)]
    public void Chunks_attend_to_themselves(Backend backend, int size) => Verify(
        backend, new ChunkedMask(size), at => at.QueryPosition >= 0 && at.Key / size == at.QueryPosition / size && at.Key <= at.QueryPosition);

    [Theory, EachBackend]
    public void A_prefix_sees_itself(Backend backend)
    {
        int[] lengths = [9, 0, 140];
        using Tensor<int> tensor = Device(backend).Upload(lengths, [lengths.Length]);
        Verify(backend, new PrefixMask(tensor), Allows);
        VerifyPages(backend, new PrefixMask(tensor), Allows);
        VerifyTensorCores(backend, new PrefixMask(tensor), Allows);
        bool Allows(Position at) => at.Key <= at.QueryPosition || at.Key < lengths[at.Batch];
    }

    [Theory, EachBackend]
    public void Documents_attend_to_themselves(Backend backend)
    {
        // Empty ones, one that begins behind the first token, and tokens behind the last.
        int[] offsets = [3, 20, 20, 84, 128, 250];
        using Tensor<int> tensor = Device(backend).Upload(offsets, [offsets.Length]);
        Verify(
            backend, new CausalMask().And(new DocumentMask(tensor)),
            at => at.Key <= at.QueryPosition && Document(offsets, at.Key) is { } own && own == Document(offsets, at.QueryPosition));
    }

    [Theory, EachBackend]
    public void Sequences_may_have_documents_of_their_own(Backend backend)
    {
        int[][] offsets = [[0, 100, 400], [2, 7, 50], [0, 0, 66]];
        using Tensor<int> tensor = Device(backend).Upload(offsets.SelectMany(row => row).ToArray(), [3, 3]);
        Verify(backend, new DocumentMask(tensor), Allows);
        VerifyPages(backend, new CausalMask().And(new DocumentMask(tensor)), at => at.Key <= at.QueryPosition && Allows(at));
        bool Allows(Position at) => Document(offsets[at.Batch], at.Key) is { } own && own == Document(offsets[at.Batch], at.QueryPosition);
    }

    [Theory, EachBackend]
    public void Drafted_tokens_see_their_ancestors(Backend backend)
    {
        int[] parents = [.. Enumerable.Range(0, VariantCase.MostQueries).Select(node => node % 7 == 0 ? -1 : (node - 1) / 2)];
        using Tensor<int> tensor = Device(backend).Upload(parents, [parents.Length]);
        Verify(backend, new TreeMask(tensor), Allows);
        VerifyPages(backend, new TreeMask(tensor), Allows);
        VerifyTensorCores(backend, new TreeMask(tensor), Allows);
        bool Allows(Position at)
        {
            int node = at.Key - (at.KeyLength - at.QueryLength);
            return node < 0 || IsAncestor(parents, at.Query, node);
        }
    }

    [Theory, EachBackend(false), EachBackend(true)]
    public void Bits_say_anything(Backend backend, bool perHead)
    {
        // Whole tiles of ones and of zeros among them.
        int heads = perHead ? VariantCase.Heads : 1;
        int words = (VariantCase.MostKeys + 31) / 32;
        var random = new Random(7);
        bool[,,] table = new bool[heads, VariantCase.MostQueries, VariantCase.MostKeys];
        uint[] bits = new uint[heads * VariantCase.MostQueries * words];
        for (int index = 0; index < heads * VariantCase.MostQueries * VariantCase.MostKeys; index++)
        {
            (int row, int key) = Math.DivRem(index, VariantCase.MostKeys);
            (int head, int query) = Math.DivRem(row, VariantCase.MostQueries);
            bool isOn = key / 64 == 1 || (key / 64 != 2 && random.Next(3) == 0);
            table[head, query, key] = isOn;
            if (isOn)
                bits[(row * words) + (key / 32)] |= 1u << (key % 32);
        }

        using Tensor<uint> tensor = Device(backend).Upload(bits, [heads, VariantCase.MostQueries, words]);
        Verify(backend, new BitMask(tensor), Allows);
        VerifyTensorCores(backend, new BitMask(tensor), Allows);
        bool Allows(Position at) => table[perHead ? at.Head : 0, at.Query, at.Key];
    }

    [Theory, EachBackend(64, 64, false), EachBackend(5, 17, false), EachBackend(32, 64, true)]
    public void Blocks_are_on_or_off(Backend backend, int queries, int keys, bool perHead)
    {
        int heads = perHead ? VariantCase.Heads : 1;
        int rows = (VariantCase.MostKeys / queries) + 1;
        int columns = (VariantCase.MostKeys / keys) - 1;
        var random = new Random(11);
        int[] index = [.. Enumerable.Range(0, heads * rows * columns).Select(_ => random.Next(3) == 0 ? 1 : 0)];
        using Tensor<int> tensor = Device(backend).Upload(index, [1, heads, rows, columns]);
        Verify(backend, new BlockSparseMask(tensor, queries, keys), Allows);
        VerifyPages(backend, new BlockSparseMask(tensor, queries, keys), Allows);
        bool Allows(Position at) => at.QueryPosition >= 0 && at.Key / keys < columns &&
            index[((((perHead ? at.Head : 0) * rows) + (at.QueryPosition / queries)) * columns) + (at.Key / keys)] != 0;
    }

    [Theory, EachBackend]
    public void Masks_combine(Backend backend)
    {
        int[] lengths = [30, 5, 100];
        using Tensor<int> tensor = Device(backend).Upload(lengths, [lengths.Length]);
        Verify(
            backend, new SlidingWindowMask(20).Or(new SlidingWindowMask(90, 10).And(new ParityMask())),
            at => (at.Key <= at.QueryPosition && at.Key >= at.QueryPosition - 20) ||
                (at.Key <= at.QueryPosition + 10 && at.Key >= at.QueryPosition - 90 && ((at.Query ^ at.Key) & 1) == 0 && at.Key % 5 != 0));
        Verify(
            backend, new PrefixMask(tensor).And(new SlidingWindowMask(64, 64)).Or(new ChunkedMask(16)),
            at => ((at.Key <= at.QueryPosition || at.Key < lengths[at.Batch]) && Math.Abs(at.Key - at.QueryPosition) <= 64) ||
                (at.QueryPosition >= 0 && at.Key / 16 == at.QueryPosition / 16 && at.Key <= at.QueryPosition));
    }

    [Theory, EachBackend]
    public void Documents_combine_with_masks_that_have_no_range(Backend backend)
    {
        // The last document ends inside a tile of queries, and queries are behind it.
        int[] offsets = [0, 20, 130, 140];
        using Tensor<int> tensor = Device(backend).Upload(offsets, [offsets.Length]);
        int words = (VariantCase.MostKeys + 31) / 32;
        using Tensor<uint> ones = Device(backend).Upload(
            Enumerable.Repeat(uint.MaxValue, VariantCase.MostQueries * words).ToArray(), [VariantCase.MostQueries, words]);
        Verify(
            backend, new DocumentMask(tensor).And(new BitMask(ones)),
            at => Document(offsets, at.Key) is { } own && own == Document(offsets, at.QueryPosition));
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Tensor_cores_take_masks(Backend backend)
    {
        int[] offsets = [3, 84, 128, 250];
        using Tensor<int> tensor = Device(backend).Upload(offsets, [offsets.Length]);
        VariantCase.AgreesByTensorCores(
            Device(backend), new CausalMask().And(new DocumentMask(tensor)), new NoModifier(),
            new MaskBy(at => at.Key <= at.QueryPosition && Document(offsets, at.Key) is { } own && own == Document(offsets, at.QueryPosition)), _asIs);
        VariantCase.AgreesByTensorCores(
            Device(backend), new SlidingWindowMask(20).Or(new ChunkedMask(100)), new NoModifier(),
            new MaskBy(at => (at.Key <= at.QueryPosition && at.Key >= at.QueryPosition - 20) ||
                (at.Key / 100 == at.QueryPosition / 100 && at.Key <= at.QueryPosition)), _asIs);

        // Tiles of nothing first, last, and side by side; a head of the four has one more.
        int[] index = [.. Enumerable.Range(0, VariantCase.Heads).SelectMany(head => (int[])[head == 3 ? 1 : 0, 0, 1, 1, 0])];
        using Tensor<int> blocks = Device(backend).Upload(index, [VariantCase.Heads, 1, 5]);
        VariantCase.AgreesByTensorCores(
            Device(backend), new BlockSparseMask(blocks, 500, 32), new NoModifier(),
            new MaskBy(at => at.Key / 32 < 5 && index[(at.Head * 5) + (at.Key / 32)] != 0), _asIs);
    }

    [Fact]
    public void Sizes_are_refused_by_name()
    {
        FluentActions.Invoking(() => new SlidingWindowMask(-1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("left");
        FluentActions.Invoking(() => new SlidingWindowMask(0, -1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("right");
        FluentActions.Invoking(() => new ChunkedMask(0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("size");
    }

    [Theory, EachBackend]
    public void Tables_are_refused_by_name(Backend backend)
    {
        using Tensor<int> integers = Device(backend).Upload([0], [1]);
        using Tensor<uint> words = Device(backend).Upload([0u], [1]);
        FluentActions.Invoking(() => new DocumentMask(integers)).Should().Throw<ArgumentException>().WithParameterName("offsets").WithMessage("*two or more*");
        FluentActions.Invoking(() => new BitMask(words)).Should().Throw<ArgumentException>().WithParameterName("words").WithMessage("*[1]*queries, words*");
        FluentActions.Invoking(() => new BlockSparseMask(integers, 1, 1)).Should().Throw<ArgumentException>().WithParameterName("index");
        FluentActions.Invoking(() => new BlockSparseMask(integers, 0, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("queries");
        FluentActions.Invoking(() => new PrefixMask(integers.View.Reshape([1, 1]))).Should().Throw<ArgumentException>().WithParameterName("lengths");
        FluentActions.Invoking(() => new TreeMask(integers.View.Reshape([1, 1, 1]))).Should().Throw<ArgumentException>().WithParameterName("parents");
        FluentActions.Invoking(() => Device(backend).PlanAttention([1, 1, 1, 8], [1, 1, 1, 8], default(DocumentMask)))
            .Should().Throw<ArgumentException>().WithMessage("*_offsets*has no memory*");
    }

    private void Verify<TMask>(Backend backend, TMask mask, Func<Position, bool> allows)
        where TMask : struct, IMask<TMask> =>
        VariantCase.AgreesContiguous(Device(backend), backend, mask, new NoModifier(), new MaskBy(allows), _asIs);

    private void VerifyTensorCores<TMask>(Backend backend, TMask mask, Func<Position, bool> allows)
        where TMask : struct, IMask<TMask>
    {
        if (backend == Backend.Cuda)
            VariantCase.AgreesByTensorCores(Device(backend), mask, new NoModifier(), new MaskBy(allows), _asIs);
    }

    private void VerifyPages<TMask>(Backend backend, TMask mask, Func<Position, bool> allows)
        where TMask : struct, IMask<TMask> =>
        VariantCase.AgreesPaged(Device(backend), mask, new NoModifier(), new MaskBy(allows), _asIs);
}
