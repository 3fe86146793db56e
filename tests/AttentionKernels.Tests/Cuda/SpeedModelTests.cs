using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>The model of speeds gives those of published kernels, and occupancy is that of NVIDIA's calculator.</summary>
public class SpeedModelTests
{
    private const double FourPoints = 0.042;

    // TFLOP/s: FlashAttention-2's at 4,096 tokens, of which the kernels' speeds are told as shares, and an A100's peak.
    private const double Reference = 186.4;
    private const double Peak = 312;

    // Kernels 2 to 16 of S. Li, "Flash Attention from Scratch", 2025 (github.com/sonnyli/flash_attention_from_scratch, 58b7e33): the other
    // instructions for each HMMA of the loop, counted in the published machine code, and the published speed on an A100, in percent of
    // FlashAttention-2's. Kernel 1 is left out: bank conflicts bound it, which the second does away with. The last row is FlashAttention-2.
    [Theory]
    [InlineData(4.48, 72.6), InlineData(4.79, 77.6), InlineData(4.68, 77.6), InlineData(4.64, 76.8), InlineData(4.16, 78.1)]
    [InlineData(4.37, 80.3), InlineData(3.60, 87.8), InlineData(2.48, 95.3), InlineData(2.40, 93.9), InlineData(2.39, 95.2)]
    [InlineData(2.484, 95.3), InlineData(2.43, 97.6), InlineData(2.43, 97.7), InlineData(2.43, 97.9), InlineData(2.40, 99.2)]
    [InlineData(2.50, 100)]
    public void The_share_of_tensor_cores_is_that_of_published_kernels(double othersPerProduct, double percentOfReference) =>
        SpeedModel.TensorCoreShare(othersPerProduct).Should().BeApproximately(percentOfReference / 100 * Reference / Peak, FourPoints);

    [Fact]
    public void A_multiply_add_takes_two_cycles_of_a_part_of_an_A100_and_one_of_an_H100()
    {
        InstructionMix half = Loop(multiplyAdds: 8, loads: 8);
        InstructionMix most = Loop(multiplyAdds: 12, loads: 4);

        SpeedModel.A100.MultiplyAddShare(half).Should().Be(1);
        SpeedModel.H100.MultiplyAddShare(half).Should().Be(0.5);
        SpeedModel.H100.MultiplyAddShare(most).Should().Be(0.75);
    }

    [Fact]
    public void Bandwidth_takes_bytes_under_way_and_issue_slots()
    {
        const double BytesPerCycle = 2039 / 1.41 / 108;

        SpeedModel.BytesInFlight(Loop(multiplyAdds: 1, loads: 2), residentWarps: 8).Should().Be(8 * 32 * 2 * 4);
        SpeedModel.A100.NeededInFlight.Should().BeApproximately(2 * 475 * BytesPerCycle, 1);
        SpeedModel.A100.IssueShare(bytesPerInstruction: 2).Should().BeApproximately(4 * 2 / BytesPerCycle, 1e-6);
        SpeedModel.A100.IssueShare(bytesPerInstruction: 32).Should().Be(1);
    }

    [Theory]
    [InlineData(75, 256, 32, 0, 32)]
    [InlineData(80, 256, 32, 0, 64)]
    [InlineData(80, 256, 64, 0, 32)]
    [InlineData(80, 256, 40, 0, 48)]
    [InlineData(80, 128, 255, 64 << 10, 8)]
    [InlineData(80, 128, 32, 32 << 10, 16)]
    [InlineData(90, 128, 32, 32 << 10, 24)]
    [InlineData(75, 128, 32, 32 << 10, 8)]
    public void Resident_warps_are_those_that_registers_and_shared_memory_leave_room_for(int architecture, int threads, int registers, int shared, int warps) =>
        Multiprocessor.Of(architecture).ResidentWarps(threads, registers, shared).Should().Be(warps);

    private static InstructionMix Loop(int multiplyAdds, int loads)
    {
        string[] operations = [.. Enumerable.Repeat("FFMA", multiplyAdds), .. Enumerable.Repeat("LDG.E", loads)];
        return new InstructionMix(operations, operations);
    }
}
