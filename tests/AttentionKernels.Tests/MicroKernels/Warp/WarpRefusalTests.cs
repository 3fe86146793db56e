using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Kernels of warp instructions on devices that have none.</summary>
[Trait("Speed", "Quick")]
public class WarpRefusalTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend(ProcessorsOnly = true)]
    public void A_kernel_that_uses_tensor_cores_is_refused_before_it_is_compiled(Backend backend)
    {
        AttentionDevice device = Device(backend);

        FluentActions.Invoking(() => device.LoadGroupKernel<WarpCall<CallVote>, WarpCallArguments>())
            .Should().Throw<KernelCompilationException>().WithMessage("WarpCall<CallVote> cannot be compiled for *: it uses tensor cores*sm_80*");
    }
}
