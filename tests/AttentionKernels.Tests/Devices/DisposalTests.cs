using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

[Trait("Speed", "Quick")]
public class DisposalTests
{
    [Theory, EachBackend]
    public void A_disposed_device_refuses_everything(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        device.Dispose();

        device.Invoking(disposed => disposed.Allocate<float>([1])).Should().Throw<ObjectDisposedException>();
        device.Invoking(disposed => disposed.Upload([1f], [1])).Should().Throw<ObjectDisposedException>();
        device.Invoking(disposed => disposed.Synchronize()).Should().Throw<ObjectDisposedException>();
        device.Invoking(disposed => disposed.LoadTileKernel<Launching.CountTiles, Launching.CountTilesArguments>()).Should().Throw<ObjectDisposedException>();
        device.Invoking(disposed => disposed.PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new NoMask())).Should().Throw<ObjectDisposedException>();
    }

    [Theory, EachBackend]
    public void Disposing_twice_is_harmless(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));

        device.Dispose();
        device.Dispose();
    }

    [Theory, EachBackend]
    public void Tensors_may_be_disposed_after_their_device(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        Tensor<float> tensor = device.Allocate<float>([4]);

        device.Dispose();
        tensor.Dispose();

        tensor.IsDisposed.Should().BeTrue();
    }

    [Theory, EachBackend]
    public void A_kernel_of_a_disposed_device_refuses_to_run(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        var kernel = device.LoadTileKernel<Launching.CountTiles, Launching.CountTilesArguments>();
        ILGPU.Runtime.AcceleratorStream stream = device.DefaultStream;
        device.Dispose();

        kernel.Invoking(disposed => disposed.Run(stream, default, 1)).Should().Throw<ObjectDisposedException>();
    }
}
