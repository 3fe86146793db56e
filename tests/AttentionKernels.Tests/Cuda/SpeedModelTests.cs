using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>The model of speeds gives that of FlashAttention-2, and occupancy is that of NVIDIA's calculator.</summary>
public class SpeedModelTests
{
    private const double FourPoints = 0.04;

    // The last was timed; the others are the fit's own figures for two kernels, rounded.
    [Theory]
    [InlineData(4.4, 0.45), InlineData(2.5, 0.59), InlineData(2.5, 0.60)]
    public void The_share_of_tensor_cores_is_that_of_the_fit_and_of_FlashAttention_2(double othersPerProduct, double share) =>
        SpeedModel.TensorCoreShare(othersPerProduct).Should().BeApproximately(share, FourPoints);

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
