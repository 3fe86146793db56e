using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>A division is in a loop where it can follow itself, wherever the text has it.</summary>
public class PtxLoopsTests
{
    [Fact]
    public void Divisions_count_that_can_follow_themselves()
    {
        const string Ptx = """
            .visible .entry Kernel(.param .b64 _a_1)
            {
                div.s64 %rd1, %rd0, %rd0;
                bra L_head;
            L_body:
                rem.u64 %rd2, %rd0, %rd0;
                setp.gt.s64 wide, %rd0, 2147483647;
                @!wide bra L_narrow;
                cvt.s64.s32 divisor, %r1;
                div.s64 %rd3, %rd0, divisor;
            L_narrow:
                bra L_head;
            L_end:
                div.u64 %rd4, %rd0, %rd0;
                ret;
            L_head:
                @%p1 bra L_body;
                bra L_end;
            }
            """;

        PtxLoops.WideDivisions(Ptx).Select(line => line.Trim()).Should().Equal("rem.u64 %rd2, %rd0, %rd0;");
    }

    [Fact]
    public void Divisions_of_functions_count()
    {
        const string Ptx = """
            .func Helper()
            {
                mov.u64 %rd0, 1;
                div.u64 %rd1, %rd0, %rd0;
                ret;
            }
            .visible .entry Kernel()
            {
                ret;
            }
            """;

        PtxLoops.WideDivisions(Ptx).Should().ContainSingle();
    }
}
