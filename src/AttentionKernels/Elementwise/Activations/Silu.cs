using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>x·σ(x).</summary>
internal readonly struct Silu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x) => x.Gated(x);
}
