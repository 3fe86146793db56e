using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>max(x, 0).</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x) => x.Max(0f);
}
