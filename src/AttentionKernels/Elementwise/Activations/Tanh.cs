using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>tanh x.</summary>
internal readonly struct Tanh : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x) => x.Tanh();
}
