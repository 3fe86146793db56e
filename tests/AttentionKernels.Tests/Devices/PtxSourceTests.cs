using AttentionKernels.Devices;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>What becomes of the PTX that ILGPU writes.</summary>
public class PtxSourceTests
{
    [Fact]
    public void Conditional_branches_may_part_the_threads_of_a_warp_and_others_stay()
    {
        PtxSource.WithDivergentBranches("""
            	@%p12 bra.uni	L_1;
            	@!%p3 bra.uni L_2;
            	bra.uni	L_3;
            	@%p4 bra L_4;
            """).Should().Be("""
            	@%p12 bra L_1;
            	@!%p3 bra L_2;
            	bra.uni	L_3;
            	@%p4 bra L_4;
            """);
    }
}
