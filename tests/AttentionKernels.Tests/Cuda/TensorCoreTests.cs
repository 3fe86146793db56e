using AttentionKernels.Formats;
using AttentionKernels.MicroKernels.Warp;
using AttentionKernels.Tests.MicroKernels.Warp;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>What the assembler makes of register tiles: everything stays in registers, and little beside the products is left.</summary>
/// <remarks>
/// Where a kernel takes all 255 registers, ptxas spills some outside of the loop that runs for most keys, and one instruction more or less
/// moves them: the bounds of instructions per product are bands.
/// </remarks>
public class TensorCoreTests(ITestOutputHelper output)
{
    private const int Sm80 = 80;
    private const int Sm90 = 90;

    // Of 255 registers, where the tiles take nearly all.
    private const int MostReloads = 2;

    [Theory]
    [InlineData("fp16", Sm80), InlineData("fp16", Sm90), InlineData("bf16", Sm80), InlineData("bf16", Sm90)]
    public void A_product_keeps_its_tile_in_registers(string format, int architecture)
    {
        (AssembledKernel assembled, InstructionMix loop) = Assemble(WarpKernels.Gemm(Format(format)), architecture);

        assembled.StackAndSpills.Should().NotBeEmpty().And.OnlyContain(bytes => bytes == 0, assembled.Report);
        loop.Products.Should().Be(32);
        loop.All["LDSM"].Should().Be(20, "of a step of depth, A is one load and B four");
        loop.LocalAccesses.Should().Be(0);
    }

    [Theory]
    [InlineData(64, false, 3.2), InlineData(64, true, 2.5), InlineData(128, false, 2.0), InlineData(256, false, 1.7)]
    public void Attention_has_few_instructions_beside_its_products(int headDimension, bool sumsByProduct, double most)
    {
        foreach (int architecture in (int[])[Sm80, Sm90])
        {
            // The formats' loops differ in two instructions' names: one architecture is enough for the second.
            foreach (Type format in WarpKernels.Formats.Take(architecture == Sm80 ? 2 : 1))
            {
                (_, InstructionMix loop) = Assemble(AttentionInstantiations.TensorCoreKernel(format, headDimension, Sums(sumsByProduct)), architecture);

                loop.LocalAccesses.Should().BeLessThanOrEqualTo(MostReloads, loop.ToString());
                loop.OthersPerProduct.Should().BeLessThanOrEqualTo(most, loop.ToString());
                loop.AddressesPerProduct.Should().BeLessThanOrEqualTo(0.3, loop.ToString());
            }
        }
    }

    [Fact]
    public void Two_work_groups_are_resident_and_two_thirds_of_the_peak_are_expected()
    {
        CudaAssembler.SkipWithout();
        CudaKernel kernel = CudaKernel.Of(AttentionInstantiations.TensorCoreKernel(typeof(StoredFp16), 128, Sums(false)));

        kernel.ResidentWarps(Sm80).Should().BeGreaterThanOrEqualTo(2 * kernel.Threads / 32);
        SpeedModel.TensorCoreShare(kernel.Assembled(Sm80).Code.TensorCoreLoops()[^1].OthersPerProduct).Should().BeGreaterThanOrEqualTo(0.63);
    }

    [Theory]
    [InlineData(64, true), InlineData(64, false), InlineData(128, false), InlineData(256, false)]
    public void Pages_add_little_to_it(int headDimension, bool sumsByProduct)
    {
        (_, InstructionMix contiguous) = Assemble(Kernel(null), Sm80);
        (_, InstructionMix paged) = Assemble(Kernel(typeof(StoredFp16)), Sm80);

        paged.LocalAccesses.Should().BeLessThanOrEqualTo(paged.Products / 10, paged.ToString());
        (paged.OthersPerProduct - contiguous.OthersPerProduct).Should().BeLessThanOrEqualTo(0.2, paged.ToString());

        // The fewer products a row of keys has, the more its address costs.
        paged.AddressesPerProduct.Should().BeLessThanOrEqualTo(headDimension == 64 ? 0.4 : 0.31, paged.ToString());

        Type Kernel(Type? pages) => AttentionInstantiations.TensorCoreKernel(typeof(StoredFp16), headDimension, Sums(sumsByProduct), pages);
    }

    // What they add is conversion, 18 instructions and more for eight numbers, and their scales.
    [Theory]
    [InlineData("fp16", "int8", 128, 4.4), InlineData("bf16", "int8", 128, 4.5), InlineData("fp16", "int4", 64, 6.8)]
    public void Pages_of_few_bits_are_converted_in_registers(string format, string pages, int headDimension, double most)
    {
        Type stored = pages == "int8" ? typeof(StoredInt8) : typeof(StoredInt4);
        (_, InstructionMix loop) = Assemble(AttentionInstantiations.TensorCoreKernel(Format(format), headDimension, Sums(false), stored), Sm80);

        loop.LocalAccesses.Should().BeLessThanOrEqualTo(loop.Products / 10, loop.ToString());
        loop.OthersPerProduct.Should().BeLessThanOrEqualTo(most, loop.ToString());
    }

    [Fact]
    public void A_loop_is_read_without_the_rescaling_that_a_vote_skips()
    {
        string skipped = string.Concat(Enumerable.Repeat("        /*0040*/  FMUL R1, R1, R2 ;\n", 8));
        string text = $"""
            .L_x_1:
                    /*0000*/                   HMMA.16816.F32 R4, R8, R12, R4 ;
                    /*0010*/                   HMMA.16816.F32 R4, R8, R12, R4 ;
                    /*0020*/              @!P0 BRA `(.L_x_2) ;
            {skipped}.L_x_2:
                    /*0050*/                   IADD3 R1, R1, 0x1, RZ ;
                    /*0060*/               @P1 BRA `(.L_x_1) ;
            .L_x_3:
                    /*0070*/                   LDL R1, [R2] ;
                    /*0080*/               @P1 BRA `(.L_x_3) ;
            """;

        InstructionMix loop = new MachineCode(text).TensorCoreLoops().Should().ContainSingle().Subject;

        loop.Products.Should().Be(2);
        loop.All["FMUL"].Should().Be(8);
        loop.OthersPerProduct.Should().Be(1.5);
        loop.AddressesPerProduct.Should().Be(0.5);
        loop.LocalAccesses.Should().Be(0);
    }

    private static Type Sums(bool byProduct) => byProduct ? typeof(TensorCore<>.SumsByProduct) : typeof(TensorCore<>.SumsByAddition);

    private static Type Format(string name) => name == "fp16" ? typeof(StoredFp16) : typeof(StoredBf16);

    // The loop that runs for most keys is the last one: those with a mask come before.
    private (AssembledKernel Assembled, InstructionMix Loop) Assemble(Type kernel, int architecture)
    {
        CudaAssembler.SkipWithout();
        AssembledKernel assembled = CudaKernel.Of(kernel).Assembled(architecture);
        InstructionMix loop = assembled.Code.TensorCoreLoops()[^1];
        output.WriteLine($"sm_{architecture}, {assembled.Registers} registers, {string.Join("+", assembled.StackAndSpills)} bytes: {loop}");
        return (assembled, loop);
    }
}
