using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>
/// The Vector schedule agrees with the oracle in every vector width, whatever the device's own: other machines' kernels run here too.
/// </summary>
public class VectorWidthTests(TestDevices devices) : DeviceTests(devices)
{
    // Every head dimension with lengths around the edges of panels, blocks and key tiles. One mask: every other is a kernel more to compile.
    private static readonly AttentionCase[] _shapes =
    [
        new(1, 1, 1, 1, 1, 1, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(2, 6, 2, 5, 67, 3, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 4, 2, 33, 31, 17, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
        new(1, 3, 1, 9, 130, 40, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(2, 8, 2, 2, 195, 64, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 5, 1, 31, 63, 72, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 9, 1, 1, 129, 128, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 70, 65, 160, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Tiled_attention_agrees_with_the_oracle(Backend backend, int lanes) =>
        Verify(backend, new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.Vector, Lanes = lanes });

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void SplitKv_attention_agrees_with_the_oracle(Backend backend, int lanes) =>
        Verify(backend, new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = 2, Schedule = KernelSchedule.Vector, Lanes = lanes });

    private void Verify(Backend backend, AttentionOptions options)
    {
        foreach (AttentionCase attention in _shapes)
            AttentionRunner.Verify(Device(backend), attention, options);
    }
}
