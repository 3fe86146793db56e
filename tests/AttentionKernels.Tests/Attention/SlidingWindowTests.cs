using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>The mask of docs/adding-a-mask.md agrees with the oracle, in every kernel of a backend.</summary>
public class SlidingWindowTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void A_window_agrees_with_the_oracle(Backend backend)
    {
        // Tiny on the managed CPU, where a work group has a thread for each of its own.
        AttentionCase attention = backend == Backend.Cpu
            ? new(1, 2, 1, 3, 40, 8, MaskKind.Full, MemoryLayout.Dense)
            : new(2, 4, 2, 70, 190, 24, MaskKind.Full, MemoryLayout.Dense);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            foreach (int width in (int[])[1, 33, 1000])
            {
                AttentionRunner.Verify(
                    Device(backend), attention, AttentionRunner.Inputs(attention), new SlidingWindow(width), new NoModifier(), options);
            }
        }
    }
}
