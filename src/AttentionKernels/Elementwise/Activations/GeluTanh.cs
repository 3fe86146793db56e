using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>x·(1 + tanh u)/2 = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³).</summary>
internal readonly struct GeluTanh : IActivation
{
    private const float Linear = 1.59576912f;
    private const float Cubic = 0.0713548163f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x) => x.Gated(x * T.MultiplyAdd(x * x, Cubic, Linear));
}
