using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Every algorithm and schedule agrees with the oracle on the whole sweep of odd shapes, and touches nothing but its output.</summary>
[Trait("Speed", "Quick")]
public class AttentionShapeTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<string> All => AttentionCases.All.Select(attention => attention.ToString());

    public static IEnumerable<string> GroupEdges => AttentionCases.GroupEdges.Select(attention => attention.ToString());

    public static IEnumerable<string> Tiny => AttentionCases.Tiny.Select(attention => attention.ToString());

    [Theory, EachBackend(Cases = nameof(All))]
    public void The_planner_s_choice_agrees_with_the_oracle(Backend backend, string attention) =>
        AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), new AttentionOptions());

    [Theory, EachBackend(Cases = nameof(All), ProcessorsOnly = true)]
    public void Vector_kernels_agree_with_the_oracle(Backend backend, string attention)
    {
        foreach (AttentionAlgorithm algorithm in Enum.GetValues<AttentionAlgorithm>())
        {
            AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), new AttentionOptions
            {
                Algorithm = algorithm,
                Schedule = KernelSchedule.Vector,
                Splits = algorithm == AttentionAlgorithm.SplitKv ? 3 : null,
            });
        }
    }

    [Theory, EachBackend(Cases = nameof(GroupEdges), DriversOnly = true)]
    public void Work_group_kernels_agree_with_the_oracle(Backend backend, string attention) => VerifyWorkGroups(backend, attention);

    [Theory, EachBackend(Cases = nameof(Tiny))]
    public void Work_group_kernels_agree_with_the_oracle_on_tiny_cases(Backend backend, string attention) => VerifyWorkGroups(backend, attention);

    // Four numbers are loaded at once where rows begin at multiples of four, and one at a time elsewhere.
    [Theory, EachBackend(DriversOnly = true)]
    public void Where_rows_begin_changes_no_bits_of_work_group_kernels(Backend backend)
    {
        AttentionCase dense = AttentionCase.Parse("1x2/1x70x100x20 CausalBottomRight Dense");
        AttentionInputs inputs = AttentionRunner.Inputs(dense);

        AttentionResult aligned = Run(dense);

        Run(dense with { Layout = MemoryLayout.Padded }).Should().BeEquivalentTo(aligned);
        Run(dense with { Layout = MemoryLayout.HeadsFirst }).Should().BeEquivalentTo(aligned);

        AttentionResult Run(AttentionCase attention) => AttentionRunner.Run(
            Device(backend), attention, inputs, new CausalMask(), new NoModifier(),
            new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.Simt });
    }

    private void VerifyWorkGroups(Backend backend, string attention)
    {
        foreach (AttentionAlgorithm algorithm in new[] { AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv })
        {
            AttentionRunner.Verify(Device(backend), AttentionCase.Parse(attention), new AttentionOptions
            {
                Algorithm = algorithm,
                Schedule = KernelSchedule.Simt,
                Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null,
            });
        }
    }
}
