using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>A CUDA device older than the tensor cores that are used computes without them, and plans say why.</summary>
public class OlderDeviceTests
{
    [Fact]
    public void A_device_of_sm_75_takes_the_Simt_schedule_and_says_why()
    {
        Assert.SkipUnless(Backends.IsWanted(Backend.Cuda) && Backends.CudaIsEmulated, "Only the emulated CUDA driver has a device of any capability.");

        string[] lines = ChildProcess.AttendOnCuda(("EMUCUDA_CC", "7.5"));

        lines.Should().ContainMatch("*Simt schedule*").And.ContainMatch("*schedule TensorCore: not taken, it is for CUDA devices of sm_80*");
    }

    [Fact]
    public void A_device_of_sm_90_takes_tensor_cores()
    {
        Assert.SkipUnless(Backends.IsWanted(Backend.Cuda) && Backends.CudaIsEmulated, "Only the emulated CUDA driver has a device of any capability.");

        ChildProcess.AttendOnCuda(("EMUCUDA_CC", "9.0")).Should().ContainMatch("*TensorCore schedule*");
    }
}
