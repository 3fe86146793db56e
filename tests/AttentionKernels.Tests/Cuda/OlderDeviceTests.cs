using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>A CUDA device older than the tensor cores that are used computes without them, and plans say why.</summary>
public class OlderDeviceTests
{
    [Theory]
    [InlineData("7.5", "*Simt schedule*", "*schedule TensorCore: not taken, it is for CUDA devices of sm_80*")]
    [InlineData("9.0", "*TensorCore schedule*", "*schedule TensorCore: taken*")]
    public void Devices_of_a_capability_compute_and_plans_say_how(string capability, string schedule, string reason)
    {
        Assert.SkipUnless(
            Backends.IsWanted(Backend.Cuda) && Backends.CudaIsEmulated, "Only the emulated CUDA driver has a device of any capability.");

        ChildProcess.AttendOnCuda(("EMUCUDA_CC", capability)).Should().ContainMatch(schedule).And.ContainMatch(reason);
    }
}
