using AttentionKernels.Devices;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>The text that OpenCL drivers get.</summary>
[Trait("Speed", "Quick")]
public class OpenClSourceTests
{
    [Fact]
    public void The_same_kernel_is_the_same_text_whatever_ILGPU_counted_before()
    {
        string first = OpenClSource.WithStableNames(Kernel(type: 17, method: 4711, parameter: 9), "Kernel_1");
        string second = OpenClSource.WithStableNames(Kernel(type: 1234, method: 5, parameter: 777), "Kernel_1");

        second.Should().Be(first);
    }

    [Fact]
    public void Names_stay_apart_and_what_is_no_generated_name_stays_as_it_is()
    {
        string text = OpenClSource.WithStableNames(
            "#pragma OPENCL EXTENSION cl_khr_3d_1 : enable\nkernel void Kernel_1(type_8 _a_3, type_9 _a_4) { float4 x = vload4(0, a_b); L_7_0: L_7_1: field_0; x_y2; }\n",
            "Kernel_1");

        text.Should().Be(
            "#pragma OPENCL EXTENSION cl_khr_3d_1 : enable\nkernel void Kernel_1(type_0 _a_1, type_2 _a_3) { float4 x = vload4(0, a_b); L_4: L_5: field_6; x_y2; }\n\n");
    }

    [Fact]
    public void Negative_constants_of_64_bits_have_a_sign() =>
        OpenClSource.WithSigns("a = b ? c : 18446744073709551615; d = 9223372036854775807; e - 18446744073709551611; f_18446744073709551615;")
            .Should().Be("a = b ? c : (-1L); d = 9223372036854775807; e - (-5L); f_18446744073709551615;");

    private static string Kernel(int type, int method, int parameter) =>
        $$"""
        typedef struct { int field_0; float field_1; } type_{{type}};
        float Add_{{method}}(type_{{type}} _self_{{parameter}}) { goto L_{{method}}_0; L_{{method}}_0: return _self_{{parameter}}.field_1; }
        kernel void Kernel_1(type_{{type}} _arguments_{{parameter + 1}}) { Add_{{method}}(_arguments_{{parameter + 1}}); }
        """;
}
