using System.Runtime.InteropServices;
using AttentionKernels.Simd;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Simd;

/// <summary>The exponential of the softmax, in every vector width: in C#, and as OpenCL through the softmax of rows.</summary>
[Trait("Speed", "Quick")]
public class VectorExponentialTests(TestDevices devices) : DeviceTests(devices)
{
    // The least, the largest and the most usual exponents, and those next to the edges between two powers of two.
    private static readonly float[] _normal =
    [
        0f, -0f, -1e-30f, -1e-7f, VectorExponential.Smallest, -87.33f,
        .. Enumerable.Range(0, 126).SelectMany(power => Around((float)(-(power + 0.5) * Math.Log(2)))),
        .. RandomData.Uniform(1, 100_000, -87.336f, 0f), .. RandomData.Uniform(2, 100_000, -2f, 0f),
    ];

    private static readonly float[] _large = [88f, 1f, .. RandomData.Uniform(3, 100_000, 0f, 88f)];
    private static readonly float[] _vanishing = [float.NegativeInfinity, -float.MaxValue, -1e10f, -200f, -104f, -88f, MathF.BitDecrement(VectorExponential.Smallest)];

    [Fact]
    public void It_is_within_1_ulp_in_every_width()
    {
        float[] exponents = [.. _normal, .. _large];

        Verify(Exponentials<Fp32x4>(exponents), exponents);
        Verify(Exponentials<Fp32x8>(exponents), exponents);
        Verify(Exponentials<Fp32x16>(exponents), exponents);
    }

    [Fact]
    public void It_is_0_far_below_and_NaN_stays_NaN()
    {
        VerifySpecial(Exponentials<Fp32x4>);
        VerifySpecial(Exponentials<Fp32x8>);
        VerifySpecial(Exponentials<Fp32x16>);
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void The_softmax_takes_it_within_1_ulp(Backend backend, int lanes) => Verify(Weights(backend, lanes, _normal), _normal);

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void The_softmax_takes_0_far_below_and_NaN_for_NaN(Backend backend, int lanes) =>
        VerifySpecial(exponents => Weights(backend, lanes, exponents));

    private static float[] Around(float edge) => [MathF.BitDecrement(edge), edge, MathF.BitIncrement(edge)];

    private static void Verify(float[] results, float[] exponents)
    {
        for (int index = 0; index < exponents.Length; index++)
        {
            double exact = Math.Exp(exponents[index]);
            double unit = MathF.BitIncrement((float)exact) - (float)exact;
            if (!(Math.Abs(results[index] - exact) <= unit))
                Assert.Fail($"e^{exponents[index]:G9} is {exact:G12}; the result is {results[index]:G9}.");
            if (exponents[index] == 0f)
                results[index].Should().Be(1f);
        }
    }

    private static void VerifySpecial(Func<float[], float[]> exponentials)
    {
        exponentials(_vanishing).Should().OnlyContain(result => result == 0f);
        exponentials([float.NaN, -1f, float.NaN]).Select(float.IsNaN).Should().Equal(true, false, true);
    }

    private static float[] Exponentials<TVector>(float[] exponents)
        where TVector : struct, IVector<TVector>
    {
        float[] padded = [.. exponents, .. new float[TVector.Lanes]];
        ref float first = ref MemoryMarshal.GetArrayDataReference(padded);
        for (int index = 0; index < exponents.Length; index += TVector.Lanes)
            VectorExponential.Exp<TVector>(TVector.Load(ref first, index)).Store(ref first, index);
        return padded[..exponents.Length];
    }

    // A maximum of 0 so far, which none of the exponents exceeds: the weights are their exponentials.
    private float[] Weights(Backend backend, int lanes, float[] exponents)
    {
        int length = (exponents.Length + lanes - 1) / lanes * lanes;
        var memory = new CallMemory();
        int scores = memory.Output(memory.Place([.. exponents, .. new float[length - exponents.Length]]), length);
        memory.Call(
            scores, memory.Output(memory.Place(0f), 1), memory.Output(memory.Place(0f), 1), memory.Output(memory.Place(0f), 1), memory.Place(1f),
            length, 1, exponents.Length);
        return memory.Run<RowUpdate>(Device(backend), lanes).AsSpan(scores, exponents.Length).ToArray();
    }
}
