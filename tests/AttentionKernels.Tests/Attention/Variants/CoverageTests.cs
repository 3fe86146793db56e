using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>What masks say of tiles is what they say of each score in them, and kernels take them at their word.</summary>
public class CoverageTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Heads = 4;
    private const int Queries = 90;
    private const int Keys = 140;

    private static readonly ScoreBy _asIs = new((score, _) => score);

    [Fact]
    public void Masks_say_of_tiles_what_they_say_of_scores()
    {
        AttentionDevice device = Device(Backend.Cpu);
        var random = new Random(3);
        using Tensor<int> blocks = device.Upload(Numbers(8 * 9, () => random.Next(2)), [8, 9]);
        using Tensor<int> blocksOfHeads = device.Upload(Numbers(Heads * 8 * 9, () => random.Next(2)), [Heads, 8, 9]);
        using Tensor<int> offsets = device.Upload([3, 60, 60, 130], [4]);

        // Whole words among them, and whole tiles.
        using Tensor<uint> bits = device.Upload(Numbers(Heads * Queries * 5, () => Word(random)), [Heads, Queries, 5]);

        TileCoverage[] seen =
        [
            .. Verify(new BlockSparseMask(blocks, 20, 16)), .. Verify(new BlockSparseMask(blocksOfHeads, 20, 16)),
            .. Verify(new BitMask(bits)), .. Verify(new CausalMask().And(new BlockSparseMask(blocksOfHeads, 20, 16))),
            .. Verify(new BlockSparseMask(blocks, 20, 16).And(new SlidingWindowMask(30, 5).And(new DocumentMask(offsets)))),
            .. Verify(new CausalMask().And(new BitMask(bits)).Or(new BlockSparseMask(blocks, 20, 16))),
            .. Verify(new ChunkedMask(33).Or(new DocumentMask(offsets))),
        ];

        seen.Distinct().Should().BeEquivalentTo(Enum.GetValues<TileCoverage>());
    }

    [Theory, EachBackend]
    public void Kernels_take_coverage_at_its_word(Backend backend)
    {
        foreach (AttentionOptions options in Schedules.Of(backend).Where(options => options.Algorithm == AttentionAlgorithm.Tiled))
        {
            bool isVector = options.Schedule == KernelSchedule.Vector;

            // On the managed CPU a work group is as many threads.
            if (backend == Backend.Cpu && !isVector)
                continue;
            var attention = new AttentionCase(1, 2, 2, 100, isVector ? 230 : 128, 16, MaskKind.Full, MemoryLayout.Dense);
            VariantCase.Agrees(
                Device(backend), attention, default(Contradiction), new NoModifier(),
                new MaskBy(at => Contradiction.IsInTiles(at) && (isVector || at.Key < 64)), _asIs, options, StoredType.Float32);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Tensor_cores_take_coverage_at_its_word(Backend backend)
    {
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.TensorCore };
        var attention = new AttentionCase(1, 2, 2, 50, 128, 72, MaskKind.Full, MemoryLayout.Dense);
        VariantCase.Agrees(
            Device(backend), attention, default(Contradiction), new NoModifier(), new MaskBy(Contradiction.IsInTiles), _asIs, options,
            StoredType.Float16);
    }

    // A tile of few queries is of several heads on processors, whose kernels hear of the other two kinds; those of work groups hear of empty
    // ones.
    [Theory, EachBackend]
    public void Kernels_of_few_queries_take_coverage_at_its_word(Backend backend)
    {
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = 1 };
        if (backend != Backend.Cuda)
        {
            VariantCase.Agrees(
                Device(backend), new AttentionCase(1, 2, 2, 3, 230, 16, MaskKind.Full, MemoryLayout.Dense), default(Contradiction), new NoModifier(),
                new MaskBy(at => at.Key < 64 || Contradiction.IsInTiles(at)), _asIs, options with { Schedule = KernelSchedule.Vector }, StoredType.Float32);
        }

        if (backend == Backend.Cpu)
            return;
        var few = new AttentionCase(1, 2, 2, 2, 60, 64, MaskKind.Full, MemoryLayout.Dense);
        var otherHead = new MaskBy(at => at.Head > 0);
        VariantCase.Agrees(
            Device(backend), few, default(Contradiction), new NoModifier(), otherHead, _asIs, options with { Schedule = KernelSchedule.Simt }, StoredType.Float32);
        if (backend == Backend.Cuda)
        {
            VariantCase.Agrees(
                Device(backend), few, default(Contradiction), new NoModifier(), otherHead, _asIs,
                options with { Schedule = KernelSchedule.TensorCore }, StoredType.Float16);
        }
    }

    private static List<TileCoverage> Verify<TMask>(TMask mask)
        where TMask : struct, IMask<TMask> => [.. Verify(mask, Queries, Keys), .. Verify(mask, Keys, Queries)];

    private static List<TileCoverage> Verify<TMask>(TMask mask, int queryLength, int keyLength)
        where TMask : struct, IMask<TMask>
    {
        var random = new Random(5);
        var seen = new List<TileCoverage>();
        for (int tile = 0; tile < 400; tile++)
        {
            (int first, int last) = Range(random, queryLength, 24);
            (int firstKey, int lastKey) = Range(random, keyLength, 24);
            (int firstHead, int lastHead) = Range(random, Heads, 3);
            var queries = new QueryRange(0, first, last, queryLength, keyLength) { FirstHead = firstHead, LastHead = lastHead };
            TileCoverage coverage = TMask.Coverage(mask, queries, new KeyRange(firstKey, lastKey + 1));
            seen.Add(coverage);
            for (int head = firstHead; head <= lastHead; head++)
            {
                for (int query = first; query <= last; query++)
                {
                    KeyRange range = TMask.Range(mask, new QueryRange(0, query, query, queryLength, keyLength));
                    for (int key = firstKey; key <= lastKey; key++)
                    {
                        bool allows = TMask.Allows(mask, new Position(0, head, query, key, queryLength, keyLength));
                        bool isInRange = key >= range.First && key < range.End;
                        bool isRight = coverage switch
                        {
                            TileCoverage.Empty => !allows,
                            TileCoverage.Full => allows,
                            TileCoverage.InRanges => allows == isInRange,
                            _ => true,
                        };
                        isRight.Should().BeTrue($"{typeof(TMask)} says {coverage} of head {head}, query {query}, key {key}: {allows}");
                    }
                }
            }
        }

        return seen;
    }

    private static (int First, int Last) Range(Random random, int count, int most)
    {
        int first = random.Next(count);
        return (first, Math.Min(count - 1, first + random.Next(most)));
    }

    private static T[] Numbers<T>(int count, Func<T> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    private static uint Word(Random random) => random.Next(6) switch { 0 => (uint)random.Next(), < 3 => 0, _ => uint.MaxValue };
}
