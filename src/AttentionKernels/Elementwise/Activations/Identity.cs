using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>x.</summary>
internal readonly struct Identity : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x) => x;
}
