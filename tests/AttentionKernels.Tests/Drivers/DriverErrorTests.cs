using AttentionKernels.Drivers;
using FluentAssertions;
using ILGPU.Runtime.OpenCL;
using Xunit;

namespace AttentionKernels.Tests.Drivers;

/// <summary>What drivers refuse, in words. No driver of the test machines refuses a launch that gets past the library's and ILGPU's own checks.</summary>
[Trait("Speed", "Quick")]
public class DriverErrorTests
{
    [Fact]
    public void A_failure_says_what_has_failed_and_the_driver_s_code()
    {
        var openCl = new CLException(CLError.CL_OUT_OF_RESOURCES);
        DeviceFailedException launch = DriverError.Failed("The launch of RowNormSimt", openCl);
        launch.Message.Should().Be("The launch of RowNormSimt has failed: OpenCL error -5, CL_OUT_OF_RESOURCES");
        launch.InnerException.Should().BeSameAs(openCl);
    }
}
