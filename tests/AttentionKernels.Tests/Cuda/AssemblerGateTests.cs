using System.Text.RegularExpressions;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.KeyValueCache.Kernels;
using AttentionKernels.Linear.Kernels;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tests.MicroKernels.Warp;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// The CUDA kernels that plans launch, compiled to PTX and assembled for each architecture: nothing spills, and nothing is there that has no
/// place in a kernel.
/// </summary>
/// <remarks>Which instantiations are taken, <see cref="CudaKernels"/> and <see cref="AttentionInstantiations"/> say.</remarks>
public partial class AssemblerGateTests(KernelsAhead ahead, ITestOutputHelper output) : IClassFixture<KernelsAhead>
{
    private const int Sm80 = 80;
    private const int Sm90 = 90;

    // Shared memory that a kernel declares: the least that OpenCL GPUs have.
    private const int MostStaticSharedBytes = 32 << 10;

    // Where tiles take all registers, ptxas spills some: so many of a hundred products, or, in a loop that asks a mask or modifier for each
    // score, of a hundred instructions.
    private const int MostLocalOfProducts = 10;
    private const int MostLocalOfInstructions = 1;

    // Of the instructions of fp32 products.
    private const double LeastOfMultiplyAdds = 0.85;

    // What work groups of tensor cores may have in all: sm_86 and sm_89 have the least.
    private const int MostSharedBytesOfTensorCores = 99 << 10;

    // The ends of the tiles that all rows attend to, in what aligns the rest. Kernels without such tiles have none.
    private static readonly int[] _sharedBytesOfTensorCores = [0, 16];

    // What schedules say that a work group needs; of other kernels it needs none.
    private static readonly Dictionary<string, int> _sharedBytes = new()
    {
        ["TiledAttentionSimt"] = TileSizes.SimtSharedMemory,
        ["SplitKvDecodeSimt"] = TileSizes.SimtDecodeSharedMemory,
        ["MergeStatesSimt"] = TileSizes.SimtMergeSharedMemory,
        ["RowNormSimt"] = GroupSum.SharedMemory,
        ["RowNormQuantizedSimt"] = GroupSum.SharedMemory,
        ["SoftmaxSimt"] = GroupSum.SharedMemory,
        ["GroupNormSimt"] = GroupSum.SharedMemory,
        ["BatchNormTrainingSimt"] = GroupSum.SharedMemory,
        ["RowNormBackwardSimt"] = GroupSum.SharedMemory,
        ["BatchNormBackwardSimt"] = GroupSum.SharedMemory,
        ["GroupNormBackwardSimt"] = GroupSum.SharedMemory,
        ["AppendSimt"] = AppendGroup.SharedMemory,
        ["LinearSimt"] = LinearTileSizes.SharedMemoryOfFew,
        ["LinearTiledSimt"] = LinearTileSizes.SharedMemoryOfMany,
    };

    private static readonly string[] _ofFp64 = ["ReferenceAttention"];

    // What decodes by tensor cores with most of the registers: for sm_90 ptxas puts loads far ahead of products, and what is loaded goes through
    // local memory.
    private static readonly Type[] _thatSpillOnSm90 = [typeof(ThreeBlocks), typeof(FourBlocks), typeof(AnyRows)];

    // The definitions, which stay plain.
    private static readonly string[] _thatDivide = ["NaiveAttention", "ReferenceAttention"];

    public static TheoryData<string> Kernels => [.. CudaKernels.All.Keys];

    [Theory, MemberData(nameof(Kernels))]
    public void Kernel_assembles_well(string name)
    {
        CudaAssembler.SkipWithout();
        CudaKernel kernel = CudaKernels.All[name];
        ahead.Assemble(kernel);

        output.WriteLine(name);
        UniformBranch().Matches(kernel.Ptx).Should().BeEmpty("threads of a warp may part where there is a condition");
        if (!_thatDivide.Contains(CudaKernels.Family(kernel.Type)))
            PtxLoops.WideDivisions(kernel.Ptx).Should().BeEmpty("a division of 64 bits takes some 70 instructions");
        foreach (int architecture in kernel.Architectures)
        {
            AssembledKernel assembled = kernel.Assembled(architecture);
            output.WriteLine($"sm_{architecture}: {assembled.Registers} registers, {string.Join("+", assembled.StackAndSpills)} bytes of stack and spills");
            assembled.Registers.Should().BeInRange(1, 255, assembled.Report);
            assembled.StackAndSpills.Should().NotBeEmpty();
            if (kernel.UsesTensorCores)
            {
                assembled.StaticSharedBytes.Should().BeOneOf(_sharedBytesOfTensorCores);
                (assembled.StaticSharedBytes + kernel.DynamicSharedBytes).Should().BeLessThanOrEqualTo(MostSharedBytesOfTensorCores);
                IReadOnlyList<InstructionMix> loops = assembled.Code.TensorCoreLoops();
                output.WriteLine(string.Join(Environment.NewLine, loops));
                loops.Should().NotBeEmpty();
                if (!SpillsOnSm90(kernel) || architecture != Sm90)
                    loops.Should().OnlyContain(loop => IsInRegisters(loop), $"sm_{architecture}: {assembled.Report}");
                continue;
            }

            assembled.StackAndSpills.Should().OnlyContain(bytes => bytes == 0, $"sm_{architecture}: {assembled.Report}");
            assembled.StaticSharedBytes.Should().BeLessThanOrEqualTo(MostStaticSharedBytes)
                .And.Be(SharedBytes(kernel), $"sm_{architecture}");
        }

        // The same PTX gives no other arithmetic and no wider loads on another architecture.
        MachineCode code = kernel.Assembled(Sm80).Code;
        if (!_ofFp64.Contains(CudaKernels.Family(kernel.Type)))
            code.Whole.Forbidden.Should().BeEmpty("kernels of fp32 have no fp64 and no approximate sine");
        if (!ScalarLoads.IsExempt(kernel))
            ScalarLoads.Has(kernel, code).Should().BeFalse("loads from global memory are of 16 bytes where a layout allows it");
    }

    [Theory]
    [InlineData(0, 75)]
    [InlineData(0, 80)]
    [InlineData(0, 90)]
    [InlineData(1, 75)]
    [InlineData(1, 80)]
    [InlineData(1, 90)]
    public void Loops_of_tiled_attention_multiply_and_add(int pairs, int architecture)
    {
        CudaAssembler.SkipWithout();
        CudaKernel kernel = CudaKernel.Of(AttentionInstantiations.Kernel(AttentionInstantiations.Tiled, pairs));

        InstructionMix[] loops = [.. kernel.Assembled(architecture).Code.InnermostLoops().Where(loop => 2 * loop.Of("FFMA") > loop.Total)];

        output.WriteLine(string.Join(Environment.NewLine, loops.Select(loop => loop.ToString())));
        loops.Should().HaveCount(2 + pairs, "there is one of queries and keys, and one for each block of values");
        ((double)loops.Sum(loop => loop.Of("FFMA")) / loops.Sum(loop => loop.Total)).Should().BeGreaterThanOrEqualTo(LeastOfMultiplyAdds);
        loops.Should().OnlyContain(loop => loop.LoadedBytes == loop.WideBytesLoaded, "four numbers are loaded at once");
    }

    [Theory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(90)]
    public void The_loop_of_a_linear_layer_for_many_tokens_multiplies_and_adds(int architecture)
    {
        CudaAssembler.SkipWithout();
        CudaKernel kernel = CudaKernel.Of(typeof(LinearModule<StoredFp32, StoredFp32>.Simt<RegularRows>.LinearTiledSimt));

        InstructionMix loop = kernel.Assembled(architecture).Code.InnermostLoops()
            .Should().ContainSingle(loop => loop.Of("FFMA") > 0, "outputs are stored in loops of their own").Subject;

        output.WriteLine(loop.ToString());
        ((double)loop.Of("FFMA") / loop.Total).Should().BeGreaterThanOrEqualTo(LeastOfMultiplyAdds);
        loop.Of("FFMA").Should().Be(8 * 8 * LinearTileSizes.PanelColumns, "a thread multiplies a panel without a loop in it");
        loop.LoadedBytes.Should().Be(loop.WideBytesLoaded, "four columns are loaded at once");
    }

    [Fact]
    public void No_kernel_of_a_linear_layer_divides_64_bits()
    {
        foreach (CudaKernel kernel in CudaKernels.All.Values.Where(kernel => CudaKernels.Family(kernel.Type).StartsWith("Linear", StringComparison.Ordinal)))
            WideDivision().Matches(kernel.Ptx).Should().BeEmpty();
    }

    [Fact]
    public void Every_exemption_from_wide_loads_is_needed()
    {
        CudaAssembler.SkipWithout();
        foreach (string family in ScalarLoads.Exempt.Keys.Concat(ScalarLoads.OfFours))
        {
            CudaKernel[] kernels = [.. CudaKernels.All.Values.Where(kernel => CudaKernels.Family(kernel.Type) == family)];
            kernels.Any(kernel => ScalarLoads.Has(kernel, kernel.Assembled(Sm80).Code)).Should().BeTrue($"{family} is exempt");
        }
    }

    [Fact]
    public void What_may_spill_on_sm_90_does()
    {
        CudaAssembler.SkipWithout();
        foreach (Type choice in _thatSpillOnSm90)
        {
            CudaKernels.All.Values.Where(kernel => SpillsOnSm90(kernel) && kernel.Type.GenericTypeArguments.Contains(choice))
                .Any(kernel => !kernel.Assembled(Sm90).Code.TensorCoreLoops().All(IsInRegisters)).Should().BeTrue($"{choice.Name} is exempt");
        }
    }

    [Fact]
    public void Architectures_differ_in_the_header_of_PTX_alone()
    {
        Type product = WarpKernels.Gemm(typeof(StoredFp16));
        string[] families = ["TiledAttentionSimt", "SplitKvDecodeSimt", "RowNormSimt", "AppendSimt"];
        foreach (Type type in families.Select(family => CudaKernels.All.Values.First(kernel => CudaKernels.Family(kernel.Type) == family).Type).Append(product))
        {
            CudaKernel kernel = CudaKernel.Of(type);
            foreach (int architecture in kernel.Architectures.Where(architecture => architecture != Sm80))
            {
                string ptx = OfflineCompiler.Compile(kernel.Entry, architecture);

                OfflineCompiler.WithoutNumbers(ptx).Should().Be(OfflineCompiler.WithoutNumbers(OfflineCompiler.For(kernel.Ptx, architecture)));
            }
        }
    }

    [Fact]
    public void Every_function_of_a_report_counts()
    {
        const string Report = """
            ptxas info    : Function properties for Kernel
                0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Function properties for helper
                16 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads
            ptxas info    : Used 40 registers, 34560 bytes smem, 500 bytes cmem[0]
            """;

        var assembled = new AssembledKernel(Report, () => "");

        assembled.StackAndSpills.Should().Equal(0, 0, 0, 16, 4, 8);
        assembled.Registers.Should().Be(40);
        assembled.StaticSharedBytes.Should().Be(34560);
    }

    private static bool SpillsOnSm90(CudaKernel kernel) =>
        CudaKernels.Family(kernel.Type) == "TensorCoreDecode" && kernel.Type.GenericTypeArguments.Any(_thatSpillOnSm90.Contains);

    private static bool IsInRegisters(InstructionMix loop) =>
        100 * loop.LocalAccesses <= Math.Max(MostLocalOfProducts * loop.Products, MostLocalOfInstructions * loop.Total);

    // Appending needs some where there are scales to be found.
    private static int SharedBytes(CudaKernel kernel)
    {
        string family = CudaKernels.Family(kernel.Type);
        bool isUnscaled = family == "AppendSimt" && kernel.Type.GenericTypeArguments.Take(3).All(type => CudaKernels.Implements(type, typeof(IElement<>)));
        return isUnscaled ? 0 : _sharedBytes.GetValueOrDefault(family);
    }

    // Names of functions and their results are numbered as types were loaded.
    [GeneratedRegex(@"\b(div|rem)\.[su]64\b.*")]
    private static partial Regex WideDivision();

    [GeneratedRegex(@"@!?%\w+\s+bra\.uni\b.*")]
    private static partial Regex UniformBranch();
}
