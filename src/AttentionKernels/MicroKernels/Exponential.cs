using AttentionKernels.CodeGeneration;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// eˣ to about 2 ulp on every backend; e^−∞ is 0 and NaN stays NaN. ILGPU's own <c>Exp</c> is one multiplication and one
/// <c>ex2.approx</c> on CUDA, whose relative error grows with |x|.
/// </summary>
internal static class Exponential
{
    /// <summary>eˣ.</summary>
    [IntrinsicImplementation]
    public static float Exp(float x) => MathF.Exp(x);

    /// <summary>eˣ, of a number that is not positive, in fewer instructions on CUDA; sm_80 and newer have them.</summary>
    [IntrinsicImplementation]
    public static float ExpOfNegative(float x) => MathF.Exp(x);

    private static void ExpOfNegativeOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("exp(x)");

    // x·log2 e in two parts, of which the first, rounded, goes to ex2.approx, and the second is that of eʸ ≈ 1 + y. −∞ becomes a number,
    // whose parts are some too.
    private static void ExpOfNegativePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("""
            .reg .f32 y, high, low;
            max.NaN.f32 y, $x, 0fF149F2CA;
            mul.rn.f32 high, y, 0f3FB8AA3B;
            neg.f32 low, high;
            fma.rn.f32 low, y, 0f3FB8AA3B, low;
            fma.rn.f32 low, y, 0f32A57060, low;
            ex2.approx.f32 high, high;
            mul.rn.f32 low, low, 0f3F317218;
            fma.rn.f32 $result, high, low, high;
            """);

    private static void ExpOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Assign("exp(x)");

    // x = n·ln 2 + f with |f| ≤ ln 2 / 2 (ln 2 in two parts, after Cody and Waite), so eˣ = 2ⁿ · 2^(f·log2 e), where the exponents that
    // ex2.approx sees are an integer, which it gives exactly, and a number of at most one half.
    private static void ExpPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxBody(generator, call).Write("""
        .reg .f32 n, f, p, s;
        .reg .pred underflow, overflow;
        mul.rn.f32 n, $x, 0f3FB8AA3B;
        cvt.rni.f32.f32 n, n;
        fma.rn.f32 f, n, 0fBF317200, $x;
        fma.rn.f32 f, n, 0fB5BFBE8E, f;
        mul.rn.f32 f, f, 0f3FB8AA3B;
        ex2.approx.f32 p, f;
        ex2.approx.f32 s, n;
        mul.rn.f32 p, p, s;
        setp.lt.f32 underflow, $x, 0fC2D20000;
        selp.f32 p, 0f00000000, p, underflow;
        setp.gt.f32 overflow, $x, 0f42B20000;
        selp.f32 $result, 0f7F800000, p, overflow;
        """);
}
