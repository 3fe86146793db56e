using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>What the machine code of decoding lets the memory reach.</summary>
public class DecodeLoopTests(ITestOutputHelper output)
{
    private const int WarpSize = 32;
    private const int Warps = TileSizes.SimtDecodeKeys / WarpSize;
    private const int Sm90 = 90;

    /// <summary>Formats of pages, how many times a thread's rows are doubled, and the architecture.</summary>
    public static TheoryData<NumberFormat, int, int> Cases =>
    [
        .. from architecture in new[] { 75, 80, Sm90 }
           from row in new[] { (NumberFormat.Float32, 3), (NumberFormat.Float16, 0), (NumberFormat.Float16, 2), (NumberFormat.Int8, 0), (NumberFormat.Int8, 2) }
           select new TheoryDataRow<NumberFormat, int, int>(row.Item1, row.Item2, architecture),
    ];

    /// <summary>Formats of queries and of pages.</summary>
    public static TheoryData<NumberFormat, NumberFormat> TensorCoreCases => new()
    {
        { NumberFormat.Float16, NumberFormat.Float16 },
        { NumberFormat.Float32, NumberFormat.Float16 },
        { NumberFormat.Float16, NumberFormat.Int8 },
        { NumberFormat.Float32, NumberFormat.Int8 },
        { NumberFormat.Float16, NumberFormat.Float8E4M3 },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Loops_of_decoding_leave_the_memory_its_bandwidth(NumberFormat pages, int rowPairs, int architecture)
    {
        CudaAssembler.SkipWithout();
        MachineCode code = CudaKernel.Of(AttentionInstantiations.Decode(pages.Type, rowPairs)).Assembled(architecture).Code;
        InstructionMix[] loops = [.. code.InnermostLoops().Where(IsOfPanels)];
        InstructionMix tile = code.LoopAround(IsOfPanels);

        // Of a tile, head dimension 128, there are four panels of keys and four of values, the whole of its loop once.
        const int Panels = 4;
        int instructions = Warps * (tile.Total + ((Panels - 1) * loops.Sum(loop => loop.Total)));
        double bytes = Panels * loops.Length * TileSizes.SimtDecodeKeys * TileSizes.SimtDecodeLine * BytesPerNumber(pages);
        double share = SpeedModel.H100.IssueShare(bytes / instructions);

        output.WriteLine($"{pages}, {1 << rowPairs} rows: {1024 * instructions / bytes:F0} instructions for a KiB, {share:P0} of an H100's bandwidth");
        output.WriteLine(string.Join(Environment.NewLine, loops.Select(loop => loop.ToString())));
        loops.Should().HaveCount(2, "there is one of keys and one of values");
        loops.Should().OnlyContain(loop => loop.LoadedBytes == loop.WideBytesLoaded, "16 bytes are loaded at once");
        loops.Should().OnlyContain(loop => loop.LoadedBytes >= (pages == NumberFormat.Int8 ? 32 : 64), "so many are under way a thread");
        if (architecture == Sm90)
            share.Should().BeGreaterThanOrEqualTo(0.9);
    }

    [Theory]
    [MemberData(nameof(TensorCoreCases), DisableDiscoveryEnumeration = true)]
    public void Loops_of_decoding_by_tensor_cores_leave_the_memory_its_bandwidth(NumberFormat queries, NumberFormat pages)
    {
        CudaAssembler.SkipWithout();
        CudaKernel kernel = CudaKernel.Of(AttentionInstantiations.TensorCoreDecode(queries.Type, pages.Type, typeof(TwoBlocks), typeof(WholeRows)));
        InstructionMix loop = kernel.Assembled(Sm90).Code.TensorCoreLoops().MinBy(loop => loop.Total)!;
        double bytes = 2 * WarpSize * 128 * BytesPerNumber(pages);

        output.WriteLine($"{queries} over {pages}: {1024 * loop.Total / bytes:F0} instructions for a KiB, {loop}");
        SpeedModel.H100.IssueShare(bytes / loop.Total).Should().BeGreaterThanOrEqualTo(0.9);
        loop.LocalAccesses.Should().Be(0);
        kernel.Assembled(Sm90).StackAndSpills.Should().OnlyContain(spilled => spilled == 0);
    }

    private static double BytesPerNumber(NumberFormat pages) => pages == NumberFormat.Float32 ? 4 : pages == NumberFormat.Float16 ? 2 : 1;

    // Those that compute single outputs once more load number by number.
    private static bool IsOfPanels(InstructionMix loop) => loop.WideBytesLoaded > 0;
}
