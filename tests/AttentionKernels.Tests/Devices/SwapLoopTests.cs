using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>ILGPU's CodePlacement pass moves the load of this loop past the store; no backend may run with it.</summary>
[Trait("Speed", "Quick")]
public class SwapLoopTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void A_load_stays_before_the_store_that_follows_it(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<int> memory = device.Upload([1, 1, 1, 1], [4]);
        using Tensor<int> sums = device.Upload(new int[4], [4]);
        Action<Index1D, ArrayView<int>, ArrayView<int>> kernel =
            device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>, ArrayView<int>>(SwapLoop);

        kernel(4, memory.View.Data, sums.View.Data);
        device.Synchronize();

        // 1 + 1 + 2 + 3; with the pass it is 1 + 2 + 3 + 4.
        sums.ToArray().Should().Equal(7, 7, 7, 7);
        memory.ToArray().Should().Equal(4, 4, 4, 4);
    }

    private static void SwapLoop(Index1D thread, ArrayView<int> memory, ArrayView<int> sums)
    {
        int sum = 0;
        for (int step = 0; step < 4; step++)
        {
            int value = memory[thread];
            memory[thread] = step + 1;
            sum += value;
        }

        sums[thread] = sum;
    }
}
